"""dbutils.secrets on a JSON file {scope: {key: value}}."""

from __future__ import annotations

import json
from typing import Dict, List, NamedTuple

from .output import Redactor
from .widgets import IllegalArgumentException


class SecretMetadata(NamedTuple):
    """A key, as `list` gives it."""

    key: str


class SecretScope(NamedTuple):
    """A scope, as `listScopes` gives it."""

    name: str

    def getName(self) -> str:
        """The name, as in Scala."""
        return self.name


class Secrets:
    """Reads secrets; from then on their values are redacted in what the notebook prints."""

    def __init__(self, file: str, redactor: Redactor) -> None:
        self._file = file
        self._redactor = redactor

    def get(self, scope: str, key: str) -> str:
        """The value of a secret."""
        values = self._scope(scope)
        if key not in values:
            raise IllegalArgumentException(
                f"Secret does not exist with scope: {scope} and key: {key}"
            )
        self._redactor.add(values[key])
        return values[key]

    def getBytes(self, scope: str, key: str) -> bytes:
        """The value of a secret as UTF-8."""
        return self.get(scope, key).encode("utf-8")

    def list(self, scope: str) -> List[SecretMetadata]:
        """The keys of a scope."""
        return [SecretMetadata(key) for key in sorted(self._scope(scope))]

    def listScopes(self) -> List[SecretScope]:
        """The scopes."""
        return [SecretScope(name) for name in sorted(self._read())]

    def _scope(self, scope: str) -> Dict[str, str]:
        scopes = self._read()
        if scope not in scopes:
            raise IllegalArgumentException(f"Secret scope does not exist: {scope}")
        return scopes[scope]

    def _read(self) -> Dict[str, Dict[str, str]]:
        try:
            with open(self._file, encoding="utf-8") as file:
                scopes: Dict[str, Dict[str, str]] = json.load(file)
                return scopes
        except FileNotFoundError:
            return {}
