"""The check of shapes finds what it is for."""

import unittest

import botocore.session
import shapes

MODELS = botocore.session.get_session()


class Shapes(unittest.TestCase):
    def misshapen(self, api, action, body):
        operation = MODELS.get_service_model(api).operation_model(action)
        seen = set(shapes.SEEN)
        try:
            shapes.check(operation, {"status_code": 200, "body": body.encode()})
        except shapes.Misshapen as error:
            return str(error)
        finally:
            shapes.SEEN.intersection_update(seen)
        return None

    def vpcs(self, inner, more="<requestId>r</requestId>"):
        return self.misshapen("ec2", "DescribeVpcs", f"<DescribeVpcsResponse>{more}<vpcSet>{inner}</vpcSet></DescribeVpcsResponse>")

    def test_what_fits_passes(self):
        self.assertIsNone(self.vpcs("<item><vpcId>v</vpcId><state>available</state><isDefault>true</isDefault></item>"))

    def test_each_fault_is_found(self):
        self.assertIn("no requestId", self.vpcs("", more=""))
        self.assertIn("knows no VpcId", self.vpcs("<item><VpcId>v</VpcId></item>"))
        self.assertIn("twice", self.vpcs("<item><vpcId>v</vpcId><vpcId>w</vpcId></item>"))
        self.assertIn("no boolean", self.vpcs("<item><isDefault>yes</isDefault></item>"))
        self.assertIn("none of", self.vpcs("<item><state>there</state></item>"))
        self.assertIn("for item", self.vpcs("<member><vpcId>v</vpcId></member>"))

    def test_json_is_checked_too(self):
        def found(text):
            return self.misshapen("resourcegroupstaggingapi", "GetResources", text)

        self.assertIsNone(found('{"ResourceTagMappingList": [{"ResourceARN": "a", "Tags": [{"Key": "k", "Value": "v"}]}]}'))
        self.assertIn("knows no Next", found('{"Next": ""}'))
        self.assertIn("no list", found('{"ResourceTagMappingList": {}}'))
        self.assertIn("no string", found('{"ResourceTagMappingList": [{"ResourceARN": 5}]}'))
        self.assertIn("Value is required", found('{"ResourceTagMappingList": [{"Tags": [{"Key": "k"}]}]}'))

    def test_what_is_required_is_missed(self):
        health = "<TargetHealthDescriptions><member><Target><Port>1</Port></Target></member></TargetHealthDescriptions>"
        result = f"<DescribeTargetHealthResult>{health}</DescribeTargetHealthResult><ResponseMetadata/>"
        answer = f"<DescribeTargetHealthResponse>{result}</DescribeTargetHealthResponse>"
        self.assertIn("Id is required", self.misshapen("elbv2", "DescribeTargetHealth", answer))


if __name__ == "__main__":
    unittest.main()
