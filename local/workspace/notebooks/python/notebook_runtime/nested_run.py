"""dbutils.notebook.run: another notebook in a process of its own."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, Mapping

from .lifeline import kill_group

BOOTSTRAP = os.path.join(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "run_notebook.py"
)


#: How deep notebooks may run each other: a notebook that runs itself must not fill the machine.
MAX_DEPTH = 20


class WorkflowException(Exception):
    """The notebook failed or did not end in time."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace_of_notebook = trace


def run_nested(request: Dict[str, Any], timeout_seconds: float) -> str:
    """Runs the notebook that the request names; returns its exit value. 0 seconds = no limit."""
    import subprocess
    import tempfile

    depth = request.get("depth", 0) + 1
    if depth > MAX_DEPTH:
        raise WorkflowException(f"Notebooks cannot run each other more than {MAX_DEPTH} deep")
    work_dir = tempfile.mkdtemp(dir=request["workDir"])
    message = {**request, "workDir": work_dir, "parent": os.getpid(), "depth": depth}
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        [sys.executable, BOOTSTRAP, work_dir],
        stdin=subprocess.PIPE,
        start_new_session=True,
        env=environment,
    )
    try:
        assert process.stdin is not None
        _send(process.stdin, message)
        process.wait(timeout_seconds or None)
    except subprocess.TimeoutExpired:
        raise WorkflowException(
            f"TIMEDOUT: {request['notebookPath']} did not end within {timeout_seconds} seconds"
        ) from None
    finally:
        kill_group(process.pid)
        process.wait()
        _forget(os.path.join(request["groupsDir"], str(process.pid)))
    return _exit_value(request["notebookPath"], work_dir, process.returncode)


def check_arguments(arguments: Mapping[str, str]) -> Dict[str, str]:
    """Arguments map strings to strings."""
    for name, value in arguments.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(
                f"Arguments of dbutils.notebook.run have to be strings: {name!r}: {value!r}"
            )
    return dict(arguments)


def _send(stream: Any, message: Dict[str, Any]) -> None:
    """Writes the request and leaves the pipe open: it tells the child that we live."""
    try:
        stream.write(json.dumps(message).encode("ascii") + b"\n")
        stream.flush()
    except BrokenPipeError:
        pass


def _forget(path: str) -> None:
    try:
        os.remove(path)
    except FileNotFoundError:
        pass


def _exit_value(path: str, work_dir: str, return_code: int) -> str:
    try:
        with open(os.path.join(work_dir, "result.json"), encoding="ascii") as file:
            outcome = json.load(file)
    except FileNotFoundError:
        raise WorkflowException(
            f"FAILED: {path}: its process ended with code {return_code}"
        ) from None
    if outcome["status"] != "success":
        raise WorkflowException(f"FAILED: {path}: {outcome['error']}", outcome["errorTrace"])
    return str(outcome.get("exitValue", ""))
