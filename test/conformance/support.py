"""What all checks share: the workspace under test, its test controls, and a Git remote."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
import unittest
import urllib.request
from pathlib import Path
from typing import Any, Dict, List, Optional
from uuid import uuid4

USER = "local.user@databricks.test"
RUNNING_CLUSTER = "0923-164208-local001"
IDLE_CLUSTER = "0923-164208-local002"
HEADER = "# Databricks notebook source\n"

# Where the local workspace itself listens. Some clients reach it by another address.
_WORKSPACE = os.environ["CONFORMANCE_WORKSPACE"]


def _send(method: str, path: str, body: Any = None, **headers: str) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{_WORKSPACE}{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def _control(method: str, path: str, body: Any = None) -> Any:
    return _send(method, f"/__test/{path}", body)


def import_notebook(path: str, source: str) -> None:
    """Puts a Python notebook into the workspace, with its folders, by the REST API alone."""
    authorization = f"Bearer {os.environ['DATABRICKS_TOKEN']}"
    content = base64.b64encode((HEADER + source).encode()).decode()
    folder = path.rsplit("/", 1)[0]
    body = {"path": path, "content": content, "language": "PYTHON", "overwrite": True}
    for call, members in (("mkdirs", {"path": folder}), ("import", body)):
        _send("POST", f"/api/2.0/workspace/{call}", members, authorization=authorization)


def add_fault(match: str, kind: str, **more: Any) -> None:
    """Makes the workspace misbehave; see local/workspace/README.md."""
    _control("POST", "fault", {"match": match, "kind": kind, **more})


def clear_faults() -> None:
    _control("DELETE", "fault")


def requests(method: str, path: str) -> List[Dict[str, Any]]:
    """The requests of one kind since the check began, oldest first."""
    everything = _control("GET", "requests")["requests"]
    return [one for one in everything if one["method"] == method and one["path"] == path]


def clear_requests() -> None:
    _control("DELETE", "requests")


def configure_git(**options: Any) -> None:
    """Changes how Git folders behave; see local/workspace/README.md."""
    _control("POST", "git", options)


def configure_identity(**options: Any) -> None:
    """Changes who may sign in and how; see local/workspace/README.md."""
    _control("POST", "identity", options)


class GitRemote:
    """A bare repository in a temporary folder that the workspace takes for an https URL."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.path = Path(self._folder.name) / "app.git"
        self._clone = Path(self._folder.name) / "clone"
        self.url = f"https://github.com/conformance/{uuid4().hex}"
        self._git("init", "--quiet", "--bare", "--initial-branch=main", str(self.path))
        self._git("clone", "--quiet", str(self.path), str(self._clone))
        mirrors = _control("GET", "git").get("mirrors") or {}
        configure_git(mirrors={**mirrors, self.url: str(self.path)})

    def commit(self, name: str, text: str, branch: str = "main", tag: Optional[str] = None) -> str:
        """Pushes a file to a branch, with a tag if one is named; returns the commit id."""
        self._in_clone("checkout", "--quiet", "-B", branch)
        (self._clone / name).parent.mkdir(parents=True, exist_ok=True)
        (self._clone / name).write_text(text, encoding="utf-8")
        self._in_clone("add", "--all")
        self._in_clone("commit", "--quiet", "--message", f"Change {name}")
        if tag is not None:
            self._in_clone("tag", tag)
        self._in_clone("push", "--quiet", "--tags", "origin", branch)
        return self._in_clone("rev-parse", "HEAD")

    def remove(self) -> None:
        self._folder.cleanup()

    def _in_clone(self, *args: str) -> str:
        return self._git("-C", str(self._clone), *args)

    @staticmethod
    def _git(*args: str) -> str:
        person = {"NAME": "Remote Author", "EMAIL": "author@remote.test"}
        env = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{
                f"GIT_{role}_{key}": value
                for role in ("AUTHOR", "COMMITTER")
                for key, value in person.items()
            },
        }
        done = subprocess.run(["git", *args], env=env, check=True, capture_output=True, text=True)
        return done.stdout.strip()


class WorkspaceCase(unittest.TestCase):
    """A check with a folder of its own in the workspace, which does not exist yet."""

    maxDiff = None

    def setUp(self) -> None:
        self.folder = f"/Users/{USER}/{uuid4().hex}"
        clear_requests()
        self.addCleanup(clear_faults)
