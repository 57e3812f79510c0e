"""A server where keys have secrets: every request is signed with the right one, or refused in the service's own words."""

import os
import unittest
from datetime import datetime, timedelta, timezone
from unittest import mock

from botocore.exceptions import ClientError
from support import WireTest, client

LOOKS = {
    "ec2": lambda made: made.describe_vpcs(),
    "elbv2": lambda made: made.describe_load_balancers(),
    "sts": lambda made: made.get_caller_identity(),
    "service-quotas": lambda made: made.list_service_quotas(ServiceCode="vpc"),
    "resourcegroupstaggingapi": lambda made: made.get_tag_values(Key="vpc2"),
}
KEY = {
    "ec2": ("AuthFailure", 401),
    "elbv2": ("InvalidClientTokenId", 403),
    "sts": ("InvalidClientTokenId", 403),
    "service-quotas": ("UnrecognizedClientException", 400),
    "resourcegroupstaggingapi": ("UnrecognizedClientException", 400),
}
SIGNATURE = {
    "ec2": ("AuthFailure", 401),
    "elbv2": ("SignatureDoesNotMatch", 403),
    "sts": ("SignatureDoesNotMatch", 403),
    "service-quotas": ("InvalidSignatureException", 400),
    "resourcegroupstaggingapi": ("InvalidSignatureException", 400),
}


def strict(api, key="AKIAWIRESIGNED", secret="the/right+secret"):
    return client(api, WireTest.ENTRY, key, secret, os.environ["WIRE_STRICT_URL"])


class Signatures(unittest.TestCase):
    def refused(self, expect, look):
        for api, (code, status) in expect.items():
            with self.assertRaises(ClientError) as caught:
                look(api)
            response = caught.exception.response
            self.assertEqual((response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]), (code, status), api)

    def test_the_right_secret_passes_on_every_service(self):
        for api, look in LOOKS.items():
            look(strict(api))
        self.assertEqual(strict("sts").get_caller_identity()["Account"], "444455556666")

    def test_a_session_token_is_signed_with_the_rest(self):
        made = strict("ec2")
        made._request_signer._credentials.token = "session"
        made.describe_vpcs()

        def change(request, **_):
            request.headers["X-Amz-Security-Token"] = "another"

        made.meta.events.register("before-send", change)
        with self.assertRaises(ClientError):
            made.describe_vpcs()

    def test_a_key_without_a_secret_is_not_checked(self):
        answer = strict("sts", "AKIAWIREUNSIGNED", "whatever").get_caller_identity()
        self.assertEqual(answer["Account"], "777788889999")

    def test_nobodys_key_and_a_wrong_secret_are_refused(self):
        self.refused(KEY, lambda api: LOOKS[api](strict(api, "AKIAWIREEXAMPLE")))
        self.refused(SIGNATURE, lambda api: LOOKS[api](strict(api, secret="the/wrong+secret")))

    def test_a_changed_body_is_refused(self):
        def changed(api):
            made = strict(api)
            made.meta.events.register("before-send", change)
            LOOKS[api](made)

        def change(request, **_):
            body = request.body if isinstance(request.body, bytes) else request.body.encode()
            request.body = body.replace(b"2", b"3").replace(b"vpc", b"ec2")

        self.refused(SIGNATURE, changed)

    def test_a_clock_that_is_off_is_refused(self):
        now = datetime.now(timezone.utc)
        for minutes, fine in [(-4, True), (-6, False), (4, True), (6, False)]:
            with mock.patch("botocore.auth.get_current_datetime", lambda: now + timedelta(minutes=minutes)):
                if fine:
                    strict("ec2").describe_vpcs()
                else:
                    self.refused(SIGNATURE, lambda api: LOOKS[api](strict(api)))


if __name__ == "__main__":
    unittest.main()
