"""dbutils.jobs.taskValues: small values that the tasks of one run hand on in a JSON file."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator

MAX_BYTES = 48 * 1024


class TaskValues:
    """Values are kept as JSON by task key and key."""

    def __init__(self, file: str, task_key: str) -> None:
        self._file = file
        self._task_key = task_key

    def set(self, key: str, value: Any) -> None:
        """Sets a value of this task. It has to be JSON of at most 48 KiB."""
        size = len(json.dumps(value).encode("utf-8"))
        if size > MAX_BYTES:
            raise ValueError(
                f"The task value {key} has {size} bytes of JSON, the limit is {MAX_BYTES}"
            )

        os.makedirs(os.path.dirname(self._file), exist_ok=True)
        with _locked(self._file + ".lock"):
            values = self._read()
            values.setdefault(self._task_key, {})[str(key)] = value
            temporary = f"{self._file}.{os.getpid()}"
            with open(temporary, "w", encoding="utf-8") as file:
                json.dump(values, file)
            os.replace(temporary, self._file)

    def get(self, taskKey: str, key: str, default: Any = None, debugValue: Any = None) -> Any:
        """A value of a task, else the default. `debugValue` is for notebooks run outside of jobs."""
        values = self._read().get(taskKey, {})
        if key in values:
            return values[key]
        if default is not None:
            return default
        raise ValueError(
            f"No task value was found with task key {taskKey} and key {key}. "
            "Set it in that task with dbutils.jobs.taskValues.set, or give a default."
        )

    def _read(self) -> Dict[str, Dict[str, Any]]:
        try:
            with open(self._file, encoding="utf-8") as file:
                values: Dict[str, Dict[str, Any]] = json.load(file)
                return values
        except FileNotFoundError:
            return {}


class Jobs:
    """dbutils.jobs."""

    def __init__(self, values: TaskValues) -> None:
        self.taskValues = values


@contextmanager
def _locked(path: str) -> Iterator[None]:
    """Holds a lock that ends with the process at the latest."""
    with open(path, "a+b") as file:
        _locker()(file.fileno())
        yield


def _locker() -> Callable[[int], None]:
    if sys.platform == "win32":
        import msvcrt

        return lambda descriptor: msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    import fcntl

    return lambda descriptor: fcntl.flock(descriptor, fcntl.LOCK_EX)
