"""What was called: a log and counters."""

import time
from collections import Counter


class Record:
    """All calls since the last reset."""

    def __init__(self):
        self.began = time.monotonic()
        self.log = []
        self.in_flight = 0
        self.most_in_flight = 0

    def begin(self, call):
        """A call has arrived."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        entry = {
            "at": round(time.monotonic() - self.began, 4),
            "action": call.name,
            "region": call.region,
            "account": call.account,
            "key": call.access_key[-4:],
            "mutating": call.mutating,
            "dry_run": bool(call.params.get("DryRun")),
            "params": sorted(call.params),
            "status": None,
            "error": None,
            "fault": None,
            "agent": call.headers.get("User-Agent", "")[:60],
        }
        self.log.append(entry)
        return entry

    def end(self, entry):
        """It was answered, or cut off."""
        self.in_flight -= 1
        entry["took"] = round(time.monotonic() - self.began - entry["at"], 4)

    def stats(self):
        """Counters."""
        mutations = [entry for entry in self.log if entry["mutating"] and not entry["dry_run"]]
        return {
            "calls": len(self.log),
            "mutating": len(mutations),
            "by_action": dict(Counter(entry["action"] for entry in self.log).most_common()),
            "by_region": dict(Counter(entry["region"] for entry in self.log)),
            "by_error": dict(Counter(f"{entry['action']} {entry['error']}" for entry in self.log if entry["error"])),
            "mutating_by_key": dict(Counter(entry["key"] for entry in mutations)),
            "mutations": [f"{entry['region']} {entry['action']}" for entry in mutations],
            "most_in_flight": self.most_in_flight,
        }
