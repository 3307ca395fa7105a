"""nutter list and nutter run, with notebooks that use nutter's fixture."""

from __future__ import annotations

import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from support import RUNNING_CLUSTER, WorkspaceCase, add_fault, import_notebook, requests

GOOD = """
from runtime.nutterfixture import NutterFixture, tag

class Greeting(NutterFixture):
    def before_all(self):
        dbutils.widgets.text("who", "nobody")

    @tag("quick")
    def run_greet(self):
        self.greeting = "Hello " + dbutils.widgets.get("who")

    def assertion_greet(self):
        assert self.greeting == "Hello WHO", self.greeting

result = Greeting().execute_tests()
print(result.to_string())
result.exit(dbutils)
"""
BAD = """
from runtime.nutterfixture import NutterFixture

class Sums(NutterFixture):
    def assertion_right(self):
        assert 1 + 1 == 2

    def assertion_wrong(self):
        assert 1 + 1 == 3, "one and one is two"

Sums().execute_tests().exit(dbutils)
"""


class Nutter(WorkspaceCase):
    """nutter as it is started by people."""

    def setUp(self) -> None:
        super().setUp()
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.local = Path(temporary.name)

    def put(self, name: str, source: str) -> str:
        path = f"{self.folder}/{name}"
        import_notebook(path, source)
        return path

    def nutter(self, *args: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["nutter", *args], cwd=self.local, capture_output=True, text=True, timeout=100
        )

    def run_tests(self, pattern: str, *more: str) -> "subprocess.CompletedProcess[str]":
        return self.nutter("run", pattern, RUNNING_CLUSTER, "--poll_wait_time", "2", *more)

    def test_list(self) -> None:
        """list shows the test notebooks of a folder"""
        paths = [self.put(f"deep/{name}", "x = 1") for name in ("test_one", "two_test")]
        self.put("deep/three", "x = 1")
        done = self.nutter("list", f"{self.folder}/deep")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for path in paths:
            self.assertIn(f"Path:\t{path}\n", done.stdout)
        self.assertIn("Total: 2", done.stdout)

    def test_list_recursive(self) -> None:
        """list --recursive goes into folders, empty ones too"""
        path = self.put("deep/er/test_one", "x = 1")
        self.assertIn("Total: 0", self.nutter("list", self.folder).stdout)
        done = self.nutter("list", self.folder, "--recursive")
        self.assertIn(f"Path:\t{path}\n", done.stdout)

    def test_run(self) -> None:
        """run of one notebook reads the results that it passes on"""
        path = self.put("test_greet", GOOD.replace("WHO", "nobody"))
        done = self.run_tests(path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(
            f"Notebook: {path} - Lifecycle State: TERMINATED, Result: SUCCESS", done.stdout
        )
        self.assertRegex(done.stdout, r"(?s)PASSING TESTS.*greet \(.* seconds\)")

    def test_pattern(self) -> None:
        """run of a pattern runs several notebooks at once, with parameters, and writes a report"""
        paths = {self.put(f"test_{name}", GOOD.replace("WHO", "Ada")) for name in ("a", "b")}
        done = self.run_tests(
            *[f"{self.folder}/", "--max_parallel_tests", "2", "--junit_report"],
            *["--notebook_params", '{"who": "Ada"}'],
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        [report] = self.local.glob("test-nutter-result*.xml")
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
        self.assertEqual({case.get("classname") for case in cases}, paths)
        self.assertEqual([case.find("failure") for case in cases], [None, None])

    def test_failing(self) -> None:
        """run fails when a test does, and its report tells which and why"""
        path = self.put("test_sums", BAD)
        done = self.run_tests(path, "--junit_report")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("The Test Case: wrong failed", done.stdout + done.stderr)
        [report] = self.local.glob("test-nutter-result*.xml")
        cases = {
            case.get("name"): case for case in ElementTree.parse(report).getroot().iter("testcase")
        }
        self.assertIsNone(cases["right"].find("failure"))
        self.assertIn("one and one is two", cases["wrong"].find("failure").text)

    def test_broken(self) -> None:
        """run fails when the notebook itself does"""
        path = self.put("test_broken", "1 / 0")
        done = self.run_tests(path)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("The notebook failed. result state:FAILED", done.stdout + done.stderr)

    def test_missing(self) -> None:
        """run fails when the notebook is not there"""
        done = self.run_tests(f"{self.folder}/test_nothing")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("Life cycle state:INTERNAL_ERROR", done.stdout + done.stderr)

    def test_rate_limit(self) -> None:
        """a 429 is repeated"""
        path = "/api/2.0/workspace/list"
        add_fault(f"GET {path}", "status", status=429, headers={"Retry-After": "1"}, times=1)
        self.put("test_one", "x = 1")
        done = self.nutter("list", self.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual([one["status"] for one in requests("GET", path)], [429, 200])
