"""Every correction says what it corrects, and its test fails without it: moto still needs it."""

import unittest

import test_corrections
from support import CloudTest


class EachCorrection(CloudTest):
    def test_says_what_aws_does_and_how_it_is_known(self):
        for name, text in self.cloud.ask("corrections").items():
            for word in ("\n\n    AWS: ", "\n    Source: ", "\n    moto: "):
                with self.subTest(name, word=word.strip()):
                    self.assertIn(word, text)

    def test_has_a_test_that_fails_without_it(self):
        tests = {test._testMethodName: test for group in unittest.defaultTestLoader.loadTestsFromModule(test_corrections) for test in group}
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
