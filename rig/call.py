"""One call to the cloud, read with the API's own model, and the answers that are not moto's."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import botocore.session

# The name in a signature's scope, and the name of the API's model.
MODELS = {
    "ec2": "ec2",
    "elasticloadbalancing": "elbv2",
    "sts": "sts",
    "servicequotas": "service-quotas",
}

READS = re.compile(r"(Describe|Get|List|Search|Head)")
SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")


@cache
def model(service):
    """The model of an API, or nothing for one that this cloud does not speak."""
    name = MODELS.get(service)
    return botocore.session.get_session().get_service_model(name) if name else None


class Refused(Exception):
    """The cloud says no, and nothing has happened."""

    def __init__(self, code, message, status=400):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


@dataclass
class Answer:
    """What goes back to the caller."""

    status: int
    body: bytes
    headers: dict = field(default_factory=dict)

    @property
    def error(self):
        """The error's code, if it is one."""
        if self.status < 400:
            return None
        found = re.search(rb"<Code>([^<]+)|\"__type\": ?\"([^\"]+)", self.body)
        return (found.group(1) or found.group(2)).decode() if found else str(self.status)

    def text(self, tag):
        """The text of the first element of this name."""
        found = re.search(f"<{tag}>([^<]*)</{tag}>".encode(), self.body)
        return found.group(1).decode() if found else None


@dataclass
class Call:
    """Who asks what, where."""

    service: str
    action: str
    region: str
    access_key: str
    params: dict
    method: str
    path: str
    headers: dict
    body: bytes

    @property
    def account(self):
        """A key that ends in twelve digits is of that account, every other key of one and the same."""
        digits = re.search(r"\d{12}$", self.access_key)
        return digits.group() if digits else "123456789012"

    @property
    def name(self):
        """As IAM writes it: `ec2:CreateVpc`."""
        return f"{self.service}:{self.action}"

    @property
    def mutating(self):
        """Whether it may change something. One that was only asked for as a dry run counts too."""
        return not READS.match(self.action)

    def error(self, code, message, status=400):
        """An error in the form of this API."""
        if self.service == "servicequotas":
            body = json.dumps({"__type": code, "message": message})
            kind, headers = "application/x-amz-json-1.1", {"x-amzn-errortype": code}
        else:
            code, message = escape(code), escape(message)
            error = f"<Code>{code}</Code><Message>{message}</Message>"
            if self.service == "ec2":
                body = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>rig</RequestID></Response>"
            else:
                side = "Receiver" if status >= 500 else "Sender"
                body = f"<ErrorResponse><Error><Type>{side}</Type>{error}</Error><RequestId>rig</RequestId></ErrorResponse>"
            kind, headers = "text/xml", {}
        return Answer(status, body.encode(), {"Content-Type": kind, **headers})

    def xml(self, inner):
        """A success of this API, written by hand."""
        if self.service == "ec2":
            body = f"<{self.action}Response><requestId>rig</requestId>{inner}</{self.action}Response>"
        else:
            result = f"<{self.action}Result>{inner}</{self.action}Result>"
            body = f"<{self.action}Response>{result}<ResponseMetadata><RequestId>rig</RequestId></ResponseMetadata></{self.action}Response>"
        return Answer(200, body.encode(), {"Content-Type": "text/xml"})


def read(method, path, headers, body):
    """Reads a request; its credentials' scope says service and region."""
    scope = SCOPE.search(headers.get("Authorization", ""))
    access_key, region, service = scope.groups() if scope else ("-", "us-east-1", "-")
    target = headers.get("X-Amz-Target")
    if target:
        action = target.rsplit(".", 1)[-1]
        params = json.loads(body or b"{}")
    else:
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        action = form.get("Action", f"{method} {path}")
        params = by_model(service, action, form)
    return Call(service, action, region, access_key, params, method, path, headers, body)


def by_model(service, action, form):
    """The nested parameters behind `Filter.1.Value.2` and the like."""
    api = model(service)
    if api is None or action not in api.operation_names:
        return dict(form)
    shape = api.operation_model(action).input_shape
    return value(shape, "", form, api.metadata["protocol"] == "ec2") if shape else {}


def value(shape, prefix, form, flat):
    """What the form holds for a shape under a prefix; nothing if there is none."""
    if shape.type_name == "structure":
        found = {}
        for name, member in shape.members.items():
            inner = value(member, joined(prefix, wire_name(name, member, flat)), form, flat)
            if inner is not None:
                found[name] = inner
        return found if found or not prefix else None
    if shape.type_name == "list":
        base = prefix if flat or shape.serialization.get("flattened") else f"{prefix}.member"
        items = []
        while (item := value(shape.member, f"{base}.{len(items) + 1}", form, flat)) is not None:
            items.append(item)
        return items or None
    text = form.get(prefix)
    if text is None:
        return None
    if shape.type_name == "boolean":
        return text.lower() == "true"
    return int(text) if shape.type_name in ("integer", "long") else text


def wire_name(name, member, flat):
    if not flat:
        return member.serialization.get("name", name)
    known = member.serialization
    found = known.get("queryName") or known.get("name", name)
    return found[:1].upper() + found[1:]


def joined(prefix, name):
    return f"{prefix}.{name}" if prefix else name
