"""What dbutils.notebook.entry_point…getContext() tells a notebook about itself."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Generic, Optional, TypeVar

Value = TypeVar("Value")


class Option(Generic[Value]):
    """A Scala Option as py4j shows it."""

    def __init__(self, value: Optional[Value]) -> None:
        self._value = value

    def get(self) -> Value:
        """The value; an error if there is none."""
        if self._value is None:
            raise LookupError("java.util.NoSuchElementException: None.get")
        return self._value

    def getOrElse(self, default: Any) -> Any:
        """The value, else the default (or what it returns)."""
        if self._value is not None:
            return self._value
        return default() if callable(default) else default

    def isDefined(self) -> bool:
        """Whether there is a value."""
        return self._value is not None

    def isEmpty(self) -> bool:
        """Whether there is none."""
        return self._value is None

    def __str__(self) -> str:
        return "None" if self._value is None else f"Some({self._value})"

    def toString(self) -> str:
        """As in Scala."""
        return str(self)


class RunId:
    """The id of a run."""

    def __init__(self, value: int) -> None:
        self._value = value

    def id(self) -> int:
        """The id as a number."""
        return self._value

    def __str__(self) -> str:
        return f"RunId({self._value})"

    def toString(self) -> str:
        """As in Scala."""
        return str(self)


class Tags(Dict[str, str]):
    """A Scala Map as py4j shows it: get() gives an Option, apply() a value."""

    def get(self, key: str, *_: Any) -> Any:
        return Option(super().get(key))

    def apply(self, key: str) -> str:
        """The value; an error if there is none."""
        return str(self.get(key).get())

    def contains(self, key: str) -> bool:
        """Whether the tag is set."""
        return key in self


class NotebookContext:
    """The members that notebooks use in practice."""

    def __init__(self, request: Dict[str, str], notebook_path: str) -> None:
        self._request = request
        self._path = notebook_path

    def notebookPath(self) -> Option[str]:
        """The workspace path of the notebook."""
        return Option(self._path)

    def apiUrl(self) -> Option[str]:
        """The workspace URL."""
        return Option(self._request["host"])

    def apiToken(self) -> Option[str]:
        """The token of the identity that runs the notebook."""
        return Option(self._request["token"])

    def userName(self) -> Option[str]:
        """The identity that runs the notebook."""
        return Option(self._request["userName"])

    def browserHostName(self) -> Option[str]:
        """The workspace URL without its scheme."""
        return Option(self._request["host"].split("://")[-1])

    def currentRunId(self) -> Option[RunId]:
        """The id of the task run."""
        run_id = self._request["runId"]
        return Option(RunId(int(run_id)) if run_id.isdigit() else None)

    def jobId(self) -> Option[str]:
        """The id of the job."""
        return Option(self._request["jobId"] or None)

    def tags(self) -> Tags:
        """Tags by name."""
        request = self._request
        return Tags(
            jobId=request["jobId"],
            runId=request["runId"],
            idInJob=request["runId"],
            multitaskParentRunId=request["runId"],
            taskKey=request["taskKey"],
            user=request["userName"],
            browserHostName=request["host"].split("://")[-1],
        )

    def toJson(self) -> str:
        """Everything as JSON, the token included as on the service."""
        return self._to_json(apiToken=self._request["token"])

    def safeToJson(self) -> str:
        """Everything but the token as JSON."""
        return self._to_json()

    def _to_json(self, **more: str) -> str:
        run_id = self._request["runId"]
        extra = {"notebook_path": self._path, "api_url": self._request["host"]}
        if "apiToken" in more:
            extra["api_token"] = more["apiToken"]
        return json.dumps(
            {
                "rootRunId": None,
                "currentRunId": {"id": int(run_id)} if run_id.isdigit() else None,
                "tags": dict(self.tags()),
                "extraContext": extra,
            }
        )


class EntryPoint:
    """dbutils.notebook.entry_point.getDbutils().notebook().getContext() and its shorter forms."""

    def __init__(self, get_context: Callable[[], NotebookContext]) -> None:
        self._get_context = get_context

    def getDbutils(self) -> "EntryPoint":
        """Itself."""
        return self

    def notebook(self) -> "EntryPoint":
        """Itself."""
        return self

    def getContext(self) -> NotebookContext:
        """The context."""
        return self._get_context()
