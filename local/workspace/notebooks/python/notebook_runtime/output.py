"""What a notebook prints: one unbroken stream in order of printing, with secret values redacted."""

from __future__ import annotations

import io
import os
import sys
from typing import List


class Redactor:
    """Replaces the secrets that were read so far, as the service does in printed output."""

    def __init__(self) -> None:
        self._values: List[str] = []

    def add(self, value: str) -> None:
        """Redacts this value from now on."""
        if value.strip() and value not in self._values:
            self._values.append(value)
            self._values.sort(key=len, reverse=True)

    def redact(self, text: str) -> str:
        """The text without the values."""
        for value in self._values:
            text = text.replace(value, "[REDACTED]")
        return text


class OutputStream(io.TextIOWrapper):
    """sys.stdout and sys.stderr of a notebook."""

    def __init__(self, descriptor: int, redactor: Redactor) -> None:
        super().__init__(
            open(descriptor, "wb", closefd=False),
            encoding="utf-8",
            errors="backslashreplace",
            line_buffering=True,
        )
        self._redactor = redactor

    def write(self, text: str) -> int:
        if isinstance(text, str):
            super().write(self._redactor.redact(text))
            return len(text)
        return super().write(text)


def install_output(redactor: Redactor) -> None:
    """Makes stdout and stderr one stream, with nothing to read on stdin."""
    os.dup2(1, 2)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    sys.stdout = OutputStream(1, redactor)
    sys.stderr = OutputStream(2, redactor)


def flush_output() -> None:
    """Flushes whatever the notebook has left of its streams."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass
