"""Runs the checks of one module: run.py MODULE RESULTS.

RESULTS gets one JSON line per event: first how many checks there are, then each check as it ends.
A skipped check counts as failed: nothing is left out in silence.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
import unittest
from typing import Any, List, TextIO


class Reporter(unittest.TestResult):
    """Writes the outcome of each check as it is known."""

    def __init__(self, results: TextIO) -> None:
        super().__init__()
        self._results = results
        self._started = 0.0
        self._problems: List[str] = []

    def write(self, **event: Any) -> None:
        self._results.write(json.dumps(event) + "\n")
        self._results.flush()

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._started = time.monotonic()
        self._problems = []

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        self._finish(test)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        self._problem(test, err)

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        self._problem(test, err)
        if not isinstance(test, unittest.TestCase):
            self._finish(test)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        if err is not None:
            self._problem(subtest, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self._problems.append(f"skipped: {reason}")

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:
        self._problem(test, err)

    def _problem(self, test: unittest.TestCase, err: Any) -> None:
        text = "".join(traceback.format_exception(*err))
        title = test.shortDescription() if isinstance(test, unittest.TestCase) else str(test)
        self._problems.append(f"{title}\n{text}")

    def _finish(self, test: unittest.TestCase) -> None:
        title = test.shortDescription() if isinstance(test, unittest.TestCase) else None
        self.write(
            check=title or str(test),
            passed=not self._problems,
            problem="\n".join(self._problems),
            seconds=round(time.monotonic() - self._started, 2),
        )


def main(module: str, results: str) -> None:
    """Runs the checks of a module, named as in an import, one after the other."""
    suite = unittest.TestLoader().loadTestsFromName(module)
    with open(results, "w", encoding="utf-8") as stream:
        reporter = Reporter(stream)
        reporter.write(planned=suite.countTestCases())
        suite.run(reporter)


if __name__ == "__main__":
    main(*sys.argv[1:])
