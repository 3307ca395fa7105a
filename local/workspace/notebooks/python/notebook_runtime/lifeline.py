"""Ends this process and its children when the process that started it is gone.

The caller keeps the write end of our stdin open for as long as it lives. A notebook started by a
notebook has a process group of its own (so that a time-out can kill just that), and leaves its id
in a folder where the workspace finds it when it kills the whole run.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import List


def read_request_line() -> bytes:
    """The first line of stdin, read without a buffer so that the rest stays in the pipe."""
    chunks: List[bytes] = []
    while not chunks or not chunks[-1].endswith(b"\n"):
        chunk = os.read(0, 65536)
        if not chunk:
            break
        chunks.append(chunk)
    return b"".join(chunks)


def watch_caller() -> None:
    """Kills this process group once stdin is closed by the other side."""
    descriptor = os.dup(0)

    def wait() -> None:
        while os.read(descriptor, 4096):
            pass
        kill_group(os.getpid())
        os._exit(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def kill_group(pid: int) -> None:
    """Kills a process that leads a group, with everything in the group."""
    if sys.platform == "win32":
        subprocess.call(
            ["taskkill", "/T", "/F", "/PID", str(pid)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def register_group(groups_dir: str, parent: int) -> None:
    """Makes this process known to the workspace; ends it if its caller is gone already.

    The workspace kills the caller first and lists the folder after, so whoever registers too late
    finds the caller dead.
    """
    with open(os.path.join(groups_dir, str(os.getpid())), "w", encoding="ascii"):
        pass
    if sys.platform != "win32" and os.getppid() != parent:
        os._exit(1)
