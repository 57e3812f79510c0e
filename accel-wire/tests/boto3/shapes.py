"""Every answer is checked against the public service model: nothing that the model does not know, nothing twice, types right."""

import json
import xml.etree.ElementTree as xml
from datetime import datetime

SEEN = set()


class Misshapen(AssertionError):
    """An answer that the service model does not describe."""


def watch(client):
    """Checks every answer of a client."""
    client.meta.events.register("before-parse", check)


def check(operation_model, response_dict, **_):
    SEEN.add((operation_model.service_model.signing_name, operation_model.name))
    if response_dict["status_code"] >= 300:
        return
    if operation_model.service_model.resolved_protocol == "json":
        json_value(operation_model.name, operation_model.output_shape, json.loads(response_dict["body"]))
        return
    root = xml.fromstring(response_dict["body"])
    name = operation_model.name
    expect(plain(root.tag) == f"{name}Response", f"{name}: the root is {root.tag}")
    if operation_model.metadata["protocol"] == "ec2":
        expect(find(root, "requestId") is not None, f"{name}: no requestId")
        children = [child for child in root if plain(child.tag) != "requestId"]
    else:
        result, metadata = find(root, f"{name}Result"), find(root, "ResponseMetadata")
        expect(result is not None and metadata is not None, f"{name}: no result or no metadata")
        children = list(result)
    shape = operation_model.output_shape
    if shape is None or not shape.members:
        # Actions without an answer say `return`, which no model mentions.
        expect([plain(child.tag) for child in children] in ([], ["return"]), f"{name}: {children}")
        return
    if "return" not in names_of(shape):
        children = [child for child in children if plain(child.tag) != "return"]
    structure(name, shape, children)


def names_of(shape):
    return {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}


def structure(path, shape, children):
    known, seen = names_of(shape), set()
    for child in children:
        tag = plain(child.tag)
        expect(tag in known, f"{path}: the model knows no {tag}")
        expect(tag not in seen, f"{path}: {tag} twice")
        seen.add(tag)
        value(f"{path}.{tag}", known[tag][1], child)
    for name in shape.required_members:
        wire = shape.members[name].serialization.get("name", name)
        expect(wire in seen, f"{path}: {name} is required")


def value(path, shape, element):
    kind, text = shape.type_name, element.text or ""
    if kind == "structure":
        structure(path, shape, list(element))
    elif kind == "list":
        item = shape.member.serialization.get("name", "member")
        expect(not text.strip(), f"{path}: text in a list")
        for child in element:
            expect(plain(child.tag) == item, f"{path}: {child.tag} for {item}")
            value(f"{path}[]", shape.member, child)
    else:
        expect(len(element) == 0, f"{path}: elements in a value")
        checks = {
            "boolean": lambda: expect(text in ("true", "false"), f"{path}: {text} is no boolean"),
            "integer": lambda: int(text),
            "long": lambda: int(text),
            "timestamp": lambda: datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ"),
            "string": lambda: one_of(path, shape, text),
        }
        checks[kind]()


def json_value(path, shape, is_):
    """The same for the members of a JSON answer."""
    kind = shape.type_name
    types = {"structure": dict, "map": dict, "list": list, "string": str, "boolean": bool, "integer": int, "double": float}
    expect(type(is_) is types[kind], f"{path}: {is_!r} is no {kind}")
    if kind == "structure":
        for name, inner in is_.items():
            expect(name in shape.members, f"{path}: the model knows no {name}")
            json_value(f"{path}.{name}", shape.members[name], inner)
        for name in shape.required_members:
            expect(name in is_, f"{path}: {name} is required")
    elif kind == "map":
        for name, inner in is_.items():
            json_value(f"{path}.{name}", shape.value, inner)
    elif kind == "list":
        for inner in is_:
            json_value(f"{path}[]", shape.member, inner)
    elif kind == "string":
        one_of(path, shape, is_)


# Values that the wire has and the models do not. Source: awslabs/aws-sdk-rust#619; aws/aws-sdk-java-v2#5395.
# `FailureInfo.ErrorCode` says that it has any code of the service that hosts the resource.
BESIDE_THE_MODEL = {"State", "AttachmentStatus", "ErrorCode"}

# One of a NAT gateway's. Source: DescribeNetworkInterfaces, filter interface-type.
VALUES_BESIDE_THE_MODEL = {"NetworkInterfaceType": ["nat_gateway"]}


def one_of(path, shape, text):
    values = [*getattr(shape, "enum", []), *VALUES_BESIDE_THE_MODEL.get(shape.name, [])]
    if values and shape.name not in BESIDE_THE_MODEL:
        expect(text in values, f"{path}: {text} is none of {values}")


def plain(tag):
    return tag.rpartition("}")[2]


def find(element, name):
    return next((child for child in element if plain(child.tag) == name), None)


def expect(truth, why):
    if not truth:
        raise Misshapen(why)
