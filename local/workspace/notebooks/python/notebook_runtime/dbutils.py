"""The dbutils object of a notebook."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Optional

from .context import EntryPoint, NotebookContext
from .file_system import FileSystem
from .secret_store import Secrets
from .task_values import Jobs
from .widgets import Widgets


class NotebookExit(BaseException):
    """Ends the run with success. Not an Exception, so that `except Exception` lets it pass."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class NotebookUtils:
    """dbutils.notebook."""

    def __init__(
        self, run: Callable[[str, float, Mapping[str, str]], str], context: NotebookContext
    ) -> None:
        self._run = run
        self._context = context
        self.entry_point = EntryPoint(self.getContext)

    def exit(self, value: Any) -> None:
        """Ends the whole run with success; the value becomes the notebook output."""
        raise NotebookExit(str(value))

    def run(
        self, path: str, timeout_seconds: float, arguments: Optional[Mapping[str, str]] = None
    ) -> str:
        """Runs another notebook; returns its exit value. 0 seconds = no limit."""
        return self._run(path, timeout_seconds, arguments or {})

    def getContext(self) -> NotebookContext:
        """What is known of this run."""
        return self._context


class Library:
    """dbutils.library: libraries come from the machine's Python."""

    def restartPython(self) -> None:
        """Does nothing: the local workspace installs no libraries."""
        print("Note: Python is not restarted in the local workspace.")


class DBUtils:
    """What notebooks know as dbutils."""

    def __init__(
        self,
        widgets: Widgets,
        notebook: NotebookUtils,
        fs: FileSystem,
        secrets: Secrets,
        jobs: Jobs,
    ) -> None:
        self.widgets = widgets
        self.notebook = notebook
        self.fs = fs
        self.secrets = secrets
        self.jobs = jobs
        self.library = Library()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"dbutils.{name} is not available in the local workspace")
