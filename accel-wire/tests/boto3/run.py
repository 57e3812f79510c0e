"""Runs all tests; then writes which actions were called, one per line, to the file that it is given."""

import sys
import unittest
from pathlib import Path

import shapes

here = Path(__file__).resolve().parent
tests = unittest.defaultTestLoader.discover(str(here))
result = unittest.TextTestRunner(verbosity=1).run(tests)
Path(sys.argv[1]).write_text("".join(f"{service} {action}\n" for service, action in sorted(shapes.SEEN)))
sys.exit(not result.wasSuccessful())
