"""Reads the request, runs the notebook, leaves the outcome in <work folder>/result.json."""

from __future__ import annotations

import atexit
import faulthandler
import json
import os
import sys
import threading
from io import open  # bound here, so that a notebook's mocks of builtins do not reach it
from os import replace
from typing import Any, Dict, Mapping, Optional

from .context import NotebookContext
from .dbutils import DBUtils, NotebookExit, NotebookUtils
from .file_system import FileSystem
from .lifeline import read_request_line, register_group, watch_caller
from .nested_run import check_arguments, run_nested
from .output import Redactor, flush_output, install_output
from .secret_store import Secrets
from .session import Session, enter_folder
from .task_values import Jobs, TaskValues
from .tracebacks import describe_error, describe_fallback, describe_trace
from .widgets import Widgets
from .workspace_tree import NotebookFile, WorkspaceTree

#: Seconds for exit handlers once the outcome is written.
EXIT_HANDLERS = 2.0

EXIT_HINT = (
    "A notebook that ends with sys.exit() or exit() has failed, whatever the code; "
    "use dbutils.notebook.exit(value)."
)

_encode = json.JSONEncoder().encode


def main(work_dir: str) -> None:
    """Runs one notebook; never returns."""
    request = json.loads(read_request_line())
    request["workDir"] = work_dir
    if request.get("parent"):
        register_group(request["groupsDir"], request["parent"])
    watch_caller()
    redactor = Redactor()
    install_output(redactor)
    faulthandler.enable(
        open(os.path.join(work_dir, "crash.txt"), "w", encoding="utf-8"), all_threads=False
    )

    owner = os.getpid()
    outcome = _run(request, redactor)
    if os.getpid() == owner:
        flush_output()
        _write(work_dir, outcome)
        _run_exit_handlers()
    flush_output()
    os._exit(0)


def _run(request: Dict[str, Any], redactor: Redactor) -> Dict[str, str]:
    tree = WorkspaceTree(request["treeDir"])
    try:
        notebook = tree.find(request["notebookPath"])
        session = Session(tree, _create_dbutils(request, tree, notebook, redactor))
        sys.argv = [notebook.display_path]
        enter_folder(tree, notebook)
        session.run(notebook)
        return {"status": "success"}
    except NotebookExit as end:
        return {"status": "success", "exitValue": end.value}
    except BaseException as error:
        return _describe_failure(error, tree, redactor)


def _create_dbutils(
    request: Dict[str, Any], tree: WorkspaceTree, notebook: NotebookFile, redactor: Redactor
) -> DBUtils:
    folder = os.path.dirname(notebook.path)

    def run(path: str, timeout_seconds: float, arguments: Mapping[str, str]) -> str:
        target = tree.find_target(path, folder)
        nested = {
            **request,
            "notebookPath": target.path,
            "parameters": check_arguments(arguments),
        }
        flush_output()
        return run_nested(nested, timeout_seconds)

    context = request["context"]
    return DBUtils(
        widgets=Widgets(request["parameters"]),
        notebook=NotebookUtils(run, NotebookContext(context, notebook.path)),
        fs=FileSystem(request["dbfsDir"], tree),
        secrets=Secrets(request["secretsFile"], redactor),
        jobs=Jobs(TaskValues(request["taskValuesFile"], context["taskKey"])),
    )


def _describe_failure(
    error: BaseException, tree: WorkspaceTree, redactor: Redactor
) -> Dict[str, str]:
    hint = EXIT_HINT if isinstance(error, SystemExit) else ""

    def name_file(file: str) -> Optional[str]:
        return None if file.startswith("<") else tree.display_path(file)

    try:
        trace = describe_trace(error, name_file)
    except BaseException:
        trace = describe_fallback(error)
    return {
        "status": "failed",
        "error": redactor.redact(describe_error(error)),
        "errorTrace": redactor.redact(f"{trace}\n{hint}".rstrip()),
    }


def _write(work_dir: str, outcome: Dict[str, str]) -> None:
    """Writes at once or not at all: the caller takes a missing file for a crash."""
    file = os.path.join(work_dir, "result.json")
    with open(file + ".part", "w", encoding="ascii") as stream:
        stream.write(_encode(outcome))
    replace(file + ".part", file)


def _run_exit_handlers() -> None:
    """Lets libraries clean up, without the wait for threads that a notebook has left behind."""
    guard = threading.Timer(EXIT_HANDLERS, os._exit, (0,))
    guard.daemon = True
    guard.start()
    try:
        atexit._run_exitfuncs()
    except BaseException:
        pass
