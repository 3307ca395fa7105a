"""The legacy CLI, configured by DATABRICKS_HOST and DATABRICKS_TOKEN."""

from __future__ import annotations

import json
import re
import tempfile
import time
from pathlib import Path
from typing import Any, List

from click.testing import CliRunner, Result
from databricks_cli.cli import cli

from support import HEADER, WorkspaceCase


class CliCase(WorkspaceCase):
    """A check with a local folder for the files that it sends and gets."""

    def setUp(self) -> None:
        super().setUp()
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.local = Path(temporary.name)

    def run_cli(self, *args: str, **environment: str) -> Result:
        """Runs databricks ARGS within this process, which saves its start, whatever comes of it."""
        return CliRunner(env=environment).invoke(cli, list(args), prog_name="databricks")

    def databricks(self, *args: str, **environment: str) -> str:
        """Runs databricks ARGS, which must succeed, and returns what it prints."""
        done = self.run_cli(*args, **environment)
        self.assertEqual(done.exit_code, 0, f"databricks {' '.join(args)}\n{done.output}")
        return done.stdout

    def databricks_json(self, *args: str, **environment: str) -> Any:
        return json.loads(self.databricks(*args, **environment))

    def fail_cli(self, pattern: str, *args: str, **environment: str) -> None:
        """Runs databricks ARGS, which must fail with a message that matches."""
        done = self.run_cli(*args, **environment)
        self.assertEqual(done.exit_code, 1, done.output)
        self.assertRegex(done.output, pattern)

    def write(self, name: str, text: str) -> str:
        """Writes a local file, with its folders, and returns its path."""
        path = self.local / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def put_notebook(self, name: str, source: str) -> str:
        """Imports a Python notebook to the folder of the check and returns its path."""
        path = f"{self.folder}/{name}"
        file = self.write(f"{name}.py", HEADER + source)
        self.databricks("workspace", "mkdirs", self.folder)
        self.databricks("workspace", "import", "--language", "PYTHON", file, path)
        return path

    def wait_for_run(self, run_id: str, *version: str) -> Any:
        """Asks for the run until it has ended."""
        deadline = time.monotonic() + 60
        while True:
            run = self.databricks_json("runs", "get", "--run-id", run_id, *version)
            if run["state"]["life_cycle_state"] in ("TERMINATED", "SKIPPED", "INTERNAL_ERROR"):
                return run
            self.assertLess(time.monotonic(), deadline, run["state"])
            time.sleep(0.5)


def rows(table: str) -> List[List[str]]:
    """The cells of a table as the CLI prints it."""
    return [re.split(r"\s{2,}", line.strip()) for line in table.splitlines() if line.strip()]
