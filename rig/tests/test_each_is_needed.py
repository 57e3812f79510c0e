"""Every correction says what it corrects, and its test fails without it: moto still needs it."""

import unittest

import test_corrections
import test_corrections_of_egress
from support import RIG, Cloud, CloudTest


def table(corrections):
    """The list of the README."""
    rows = [f"| `{name}` | {text.splitlines()[0]} |\n" for name, text in corrections.items()]
    return "| correction | in short |\n| --- | --- |\n" + "".join(rows)


class EachCorrection(CloudTest):
    def test_says_what_aws_does_and_how_it_is_known(self):
        for name, text in self.cloud.ask("corrections").items():
            for word in ("\n\n    AWS: ", "\n    Source: ", "\n    moto: "):
                with self.subTest(name, word=word.strip()):
                    self.assertIn(word, text)

    def test_is_listed_in_the_readme(self):
        listed = (RIG / "README.md").read_text().split("<!-- corrections -->\n\n")[1]
        self.assertEqual(listed, table(self.cloud.ask("corrections")), "python rig/tests/test_each_is_needed.py writes it")

    def test_has_a_test_that_fails_without_it(self):
        load = unittest.defaultTestLoader.loadTestsFromModule
        groups = [group for module in (test_corrections, test_corrections_of_egress) for group in load(module)]
        tests = {test._testMethodName: test for group in groups for test in group}
        corrections = set(self.cloud.ask("corrections"))
        self.assertEqual({name.removeprefix("test_") for name in tests}, corrections)
        for name in sorted(corrections):
            with self.subTest(name):
                test = tests[f"test_{name}"]
                test.off = name
                result = unittest.TestResult()
                test.run(result)
                self.assertTrue(result.failures or result.errors, "passes without the correction: moto has learned it, or the test is weak")


del CloudTest

if __name__ == "__main__":
    cloud = Cloud()
    readme = RIG / "README.md"
    kept = readme.read_text().split("<!-- corrections -->")[0]
    readme.write_text(f"{kept}<!-- corrections -->\n\n{table(cloud.ask('corrections'))}")
    cloud.close()
