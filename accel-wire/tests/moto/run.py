"""Runs each program at the server and at moto, and writes what differs and what was called, as JSON, to the file that it is given.

Each difference stands in `known.toml`, with why the server's answer is the right one; anything else is a fault of the server, and so
is an entry that differs no longer.
"""

import json
import logging
import os
import sys
import tomllib
import urllib.request
import warnings
from pathlib import Path

import lane
import network
from lab import PROGRAMS, Lab
from moto.server import ThreadedMotoServer

URL, TOKEN = os.environ["WIRE_URL"], os.environ["WIRE_TOKEN"]
HERE = Path(__file__).resolve().parent


def post(url):
    urllib.request.urlopen(urllib.request.Request(url, data=b"", method="POST"), timeout=10).close()


def control(what, method="GET"):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    request = urllib.request.Request(f"{URL}/_cloud/{what}", headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def run(program, url):
    lab = Lab(url)
    try:
        program(lab)
    except Exception as error:
        # The program goes on no further here; what it saw until then is compared.
        lab.seen["ends early"] = f"{type(error).__name__}: {error}"
    return lab.seen


def differences(moto, calls):
    for program in PROGRAMS:
        control("reset", "POST")
        post(f"{moto}/moto-api/reset")
        ours, theirs = run(program, URL), run(program, moto)
        calls += [json.loads(line) for line in control("calls").splitlines()]
        for step in {**ours, **theirs}:
            if ours.get(step) != theirs.get(step):
                yield {"program": program.__name__, "step": step, "ours": ours.get(step), "theirs": theirs.get(step)}


def problems(found, known, calls):
    """What the test is to fail with."""
    steps = {(one["program"], one["step"]) for one in found}
    yield from (f"nobody knows why these differ: {one}" for one in found if (one["program"], one["step"]) not in known)
    yield from (f"these differ no longer: {one}" for one in sorted(known.keys() - steps))
    # One program asks for a filter that nobody knows.
    yield from (f"the server does not know this: {one}" for one in calls if one.get("unknown", "filter colour") != "filter colour")


def main():
    # What moto writes of itself.
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    server, calls = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False), []
    server.start()
    found = list(differences("http://{}:{}".format(*server.get_host_and_port()), calls))
    server.stop()
    known = {(one["program"], one["step"]): one["why"] for one in tomllib.loads((HERE / "known.toml").read_text())["known"]}
    wrong = list(problems(found, known, calls))
    called = sorted({f"{call['service']} {call['action']}" for call in calls})
    differ = [{**one, "why": known.get((one["program"], one["step"]))} for one in found]
    Path(sys.argv[1]).write_text(json.dumps({"called": called, "differences": differ}))
    sys.exit("\n".join(wrong) or None)


if __name__ == "__main__":
    main()
