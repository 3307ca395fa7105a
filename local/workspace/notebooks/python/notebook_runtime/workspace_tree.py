"""The workspace's folder on disk: paths, and which files are notebooks."""

from __future__ import annotations

import json
import os
import posixpath
from typing import Any, Dict, Iterator, NamedTuple, Optional, Tuple

HEADERS = {
    "# Databricks notebook source": "python",
    "// Databricks notebook source": "scala",
    "-- Databricks notebook source": "sql",
}
#: What a notebook without its extension may be called on disk inside a Git folder, in order.
EXTENSIONS = {".py": "python", ".ipynb": "ipynb", ".sql": "sql", ".scala": "scala", ".r": "r"}


class NotebookNotFound(Exception):
    """No notebook has this path. The text is the one of the service."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"Notebook not found: {path}. Notebooks can be specified via a relative path "
            "(./Notebook or ../folder/Notebook) or via an absolute path (/Abs/Path/to/Notebook). "
            "Make sure you are specifying the path correctly."
        )


class NotebookFile(NamedTuple):
    """A notebook on disk. `path` is its workspace path without extension and /Workspace prefix."""

    path: str
    file: str
    language: str
    text: str
    json: Optional[Dict[str, Any]]

    @property
    def display_path(self) -> str:
        """The path as clusters see it."""
        return "/Workspace" + self.path


def normalize(path: str, folder: str = "/") -> str:
    """Makes a path absolute (relative ones start at `folder`), without /Workspace and `..`."""
    absolute = path if path.startswith("/") else posixpath.join(folder, path)
    clean = posixpath.normpath("/" + absolute.lstrip("/"))
    if clean == "/Workspace":
        return "/"
    return clean[len("/Workspace") :] if clean.startswith("/Workspace/") else clean


class WorkspaceTree:
    """Finds notebooks below one folder and nowhere else, symbolic links included."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)

    def local_path(self, path: str) -> str:
        """Where a workspace path lies on disk, whether it exists or not."""
        return os.path.join(self.root, *normalize(path).strip("/").split("/"))

    def display_path(self, file: str) -> Optional[str]:
        """The /Workspace path of a file of the tree; None for any other file."""
        real = os.path.realpath(file)
        if not real.startswith(self.root + os.sep):
            return None
        return "/Workspace/" + os.path.relpath(real, self.root).replace(os.sep, "/")

    def git_root(self, path: str) -> Optional[str]:
        """The disk folder of the Git folder that holds a workspace path."""
        folder = os.path.dirname(self.local_path(path))
        while folder.startswith(self.root + os.sep):
            if os.path.exists(os.path.join(folder, ".git")):
                return folder
            folder = os.path.dirname(folder)
        return None

    def find(self, path: str, folder: str = "/") -> NotebookFile:
        """Finds a notebook by exact name, then with the extensions of Git folders."""
        wanted = normalize(path, folder)
        for file, language in self._candidates(self.local_path(wanted)):
            if os.path.isfile(file) and self.display_path(file):
                found = _read_notebook(file, language, wanted)
                if found:
                    return found
        raise NotebookNotFound(path)

    def find_target(self, path: str, folder: str) -> NotebookFile:
        """Finds what %run or dbutils.notebook.run name: in a Git folder without extension."""
        wanted = normalize(path, folder)
        if posixpath.splitext(wanted)[1].lower() in EXTENSIONS and self.git_root(wanted):
            raise NotebookNotFound(path)
        try:
            return self.find(wanted)
        except NotebookNotFound:
            raise NotebookNotFound(path) from None

    @staticmethod
    def _candidates(exact: str) -> Iterator[Tuple[str, Optional[str]]]:
        yield exact, None
        for extension, language in EXTENSIONS.items():
            yield exact + extension, language
            yield exact + extension.upper(), language


def _read_notebook(file: str, expected: Optional[str], path: str) -> Optional[NotebookFile]:
    """Reads a file if it is a notebook of the expected language (None = any)."""
    with open(file, "rb") as stream:
        head = stream.read(32)
        content = head + stream.read()
    if expected in (None, "ipynb") and content.lstrip()[:1] == b"{":
        return _read_ipynb(file, content, path)
    header = head.split(b"\n")[0].decode("latin-1")
    language = HEADERS.get(header[:-1] if header.endswith("\r") else header)
    if expected == "r" and language == "python":
        language = "r"
    if language is None or expected not in (None, language):
        return None
    return NotebookFile(path, file, language, content.decode("utf-8", "replace"), None)


def _read_ipynb(file: str, content: bytes, path: str) -> Optional[NotebookFile]:
    try:
        document = json.loads(content)
    except ValueError:
        return None
    version = document.get("nbformat")
    cells, metadata = document.get("cells"), document.get("metadata")
    if not isinstance(version, int) or version < 4:
        return None
    if not isinstance(cells, list) or not isinstance(metadata, dict):
        return None
    if not all(isinstance(cell, dict) for cell in cells):
        return None
    return NotebookFile(path, file, _ipynb_language(metadata), "", document)


def _ipynb_language(metadata: Dict[str, Any]) -> str:
    databricks = metadata.get("application/vnd.databricks.v1+notebook")
    info = metadata.get("language_info")
    named = databricks.get("language") if isinstance(databricks, dict) else None
    if not named and isinstance(info, dict):
        named = info.get("name")
    language = str(named or "python").lower()
    return "python" if language == "default" else language
