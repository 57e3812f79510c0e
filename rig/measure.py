#!/usr/bin/env python3
"""Runs a command and prints what it cost, as one line of JSON. Small on purpose: a child's peak memory is never below its parent's."""

import json
import os
import sys
import time

began = time.monotonic()
child = os.posix_spawnp(
    sys.argv[1],
    sys.argv[1:],
    os.environ,
    file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
)
_, status, used = os.wait4(child, 0)
cost = {
    "code": os.waitstatus_to_exitcode(status),
    "wall_s": time.monotonic() - began,
    "cpu_s": used.ru_utime + used.ru_stime,
    "peak_mb": used.ru_maxrss / 1024,
}
print(json.dumps(cost))
