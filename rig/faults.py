"""What goes wrong, and when: decided when a call arrives, by its position."""

import os
import random
import signal

REFUSALS = {
    # Source: EC2 API reference, "Error codes" and "Request throttling"; ELB, "Request throttling for the ELB API".
    "refuse": {
        "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
        "": ("Throttling", "Rate exceeded", 400),
    },
    # The code that says for certain that nothing was done. Source: EC2 API reference, "Error codes".
    "busy": {"": ("ConcurrentTagAccess", "You can't run simultaneous commands to modify a tag for a specific resource.", 400)},
    # Source: EC2 API reference, "Error codes"; IAM user guide, "Troubleshooting temporary credentials".
    "expire": {
        "ec2": ("RequestExpired", "Request has expired.", 400),
        "servicequotas": ("ExpiredTokenException", "The security token included in the request is expired", 400),
        "": ("ExpiredToken", "The security token included in the request is expired", 403),
    },
}


class Faults:
    """The faults of the present settings, and how often each has struck."""

    def __init__(self, settings):
        self.settings = settings
        self.begin()

    def begin(self):
        """Counts anew."""
        self.counts = {"mutating": 0, "all": 0}
        self.struck = [0] * len(self.settings.faults)
        self.dice = random.Random(self.settings.seed)
        self.down = False
        self.history = []

    def add(self, fault):
        """One more."""
        self.settings.faults.append(fault)
        self.struck.append(0)

    def next(self, call):
        """The fault for this call, if any. Called once per call, in the order of arrival."""
        self.counts["all"] += 1
        self.counts["mutating"] += call.mutating
        for index, fault in enumerate(self.settings.faults):
            if self.strikes(index, fault, call):
                self.struck[index] += 1
                self.down = self.down or fault.down
                self.history.append([self.counts[fault.count], call.region, call.name, fault.mode])
                return fault
        return None

    def strikes(self, index, fault, call):
        """Whether this one is for this call."""
        outside = (
            (fault.actions and call.name not in fault.actions)
            or (fault.regions and call.region not in fault.regions)
            or (fault.access_key and fault.access_key != call.access_key)
            or (fault.times and self.struck[index] >= fault.times)
        )
        # The dice are thrown for each call, so that a seed means the same whatever else is set.
        chance = self.dice.random() < fault.probability if fault.probability else False
        if outside or (fault.count == "mutating" and not call.mutating):
            return False
        position = self.counts[fault.count]
        every = fault.every and position % fault.every == 0
        after = fault.after and position >= fault.after
        return bool(fault.always or position in fault.at or every or after or chance)


def refusal(fault, call):
    """The answer of a fault that keeps the call from being executed; nothing for the others."""
    if fault.mode == "deny":
        return denied(call)
    if fault.mode in REFUSALS:
        per_service = REFUSALS[fault.mode]
        return call.error(*per_service.get(call.service, per_service[""]))
    return None


def denied(call):
    """AWS names the caller, the action and why. Source: IAM user guide, "Troubleshoot access denied error messages"."""
    why = (
        f"User: arn:aws:iam::{call.account}:user/rig is not authorized to perform: {call.name} on resource: "
        f"arn:aws:{call.service}:{call.region}:{call.account}:* because no identity-based policy allows the {call.name} action"
    )
    if call.service == "ec2":
        message = f"You are not authorized to perform this operation. {why}. Encoded authorization failure message: 4d3f"
        return call.error("UnauthorizedOperation", message, 403)
    return call.error("AccessDeniedException" if call.service == "servicequotas" else "AccessDenied", why, 403)


def kill(fault):
    """Ends the process, or its whole group, at once."""
    try:
        (os.killpg if fault.group else os.kill)(fault.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
