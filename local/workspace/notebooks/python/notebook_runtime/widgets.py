"""dbutils.widgets: parameters of a notebook."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence


class InputWidgetNotDefined(Exception):
    """No widget or parameter has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No input widget named {name} is defined")


class IllegalArgumentException(Exception):
    """An argument that the service refuses."""


class Widgets:
    """Values passed to the run win over the defaults of the widgets; all are strings."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._passed: Dict[str, str] = dict(parameters)
        self._defaults: Dict[str, str] = {}

    def text(self, name: str, defaultValue: str = "", label: Optional[str] = None) -> None:
        """Declares a free text."""
        self._declare(name, defaultValue)

    def dropdown(
        self, name: str, defaultValue: str, choices: Sequence[str], label: Optional[str] = None
    ) -> None:
        """Declares a choice among values."""
        self._declare(name, _default_among(name, defaultValue, choices))

    def combobox(
        self, name: str, defaultValue: str, choices: Sequence[str], label: Optional[str] = None
    ) -> None:
        """Declares a free text with suggestions; the default need not be one of them."""
        _check_choices(name, choices)
        self._declare(name, defaultValue)

    def multiselect(
        self, name: str, defaultValue: str, choices: Sequence[str], label: Optional[str] = None
    ) -> None:
        """Declares a choice of several values; `get` gives them separated by commas."""
        self._declare(name, _default_among(name, defaultValue, choices))

    def get(self, name: str) -> str:
        """The value of a widget, or of a parameter that has none."""
        if name in self._passed:
            return self._passed[name]
        if name in self._defaults:
            return self._defaults[name]
        raise InputWidgetNotDefined(name)

    def getAll(self) -> Dict[str, str]:
        """All values by name."""
        return {**self._defaults, **self._passed}

    def getArgument(self, name: str, optional: Optional[str] = None) -> str:
        """The value, else `optional`."""
        try:
            return self.get(name)
        except InputWidgetNotDefined:
            if optional is None:
                raise
            return str(optional)

    def remove(self, name: str) -> None:
        """Forgets a widget; a value passed to the run stays."""
        if name not in self._defaults:
            raise InputWidgetNotDefined(name)
        del self._defaults[name]

    def removeAll(self) -> None:
        """Forgets all widgets."""
        self._defaults.clear()

    def _declare(self, name: str, default: str) -> None:
        for what, value in (("name", name), ("default value", default)):
            if not isinstance(value, str):
                raise TypeError(
                    f"The {what} of a widget has to be a string, "
                    f"not {type(value).__name__}: {value!r}"
                )
        self._defaults[name] = default

    def pass_value(self, name: str, value: str) -> None:
        """Sets a value as a parameter does (used by %run)."""
        self._passed[name] = value


def _check_choices(name: str, choices: Sequence[str]) -> List[str]:
    if isinstance(choices, str) or not all(isinstance(choice, str) for choice in choices):
        raise TypeError(f"The choices of widget {name} have to be a list of strings: {choices!r}")
    return list(choices)


def _default_among(name: str, default: str, choices: Sequence[str]) -> str:
    if default not in _check_choices(name, choices):
        raise IllegalArgumentException(
            f"requirement failed: The default value ({default}) of widget {name} "
            f"must be one of its choices: {', '.join(choices)}"
        )
    return default
