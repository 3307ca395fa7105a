"""Magic commands other than %python and %run, and the line magics inside Python cells."""

from __future__ import annotations

import re
import shlex
import sys
from typing import Any, Callable, Dict, List, Optional

from .dbutils import DBUtils

#: Commands that only matter to an interactive session.
IGNORED = ("matplotlib", "load_ext", "reload_ext", "autoreload", "config", "skip", "tensorboard")
OTHER_LANGUAGES = {"scala": "Scala", "r": "R"}


#: What a semicolon does not split (strings, quoted names, comments), and the semicolons that do.
_SQL_PARTS = re.compile(
    r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|--[^\n]*|/\*.*?\*/)|(;)""", re.S
)


class UnsupportedMagic(Exception):
    """The local workspace does not know this command."""


class Magics:
    """Runs cells and lines that start with %name.

    `argument` is the rest of that line, `body` what follows it.
    """

    def __init__(self, dbutils: DBUtils, namespace: Dict[str, Any]) -> None:
        self._dbutils = dbutils
        self._namespace = namespace
        self._commands: Dict[str, Callable[[str, str], None]] = {
            "sh": run_shell,
            "bash": run_shell,
            "sql": self._sql,
            "fs": self._fs,
            "pip": _skip_pip,
            "conda": _skip_pip,
            "restart_python": lambda argument, body: self._dbutils.library.restartPython(),
            "md": _do_nothing,
            "md-sandbox": _do_nothing,
            **{name: _do_nothing for name in IGNORED},
        }

    def run(self, name: str, argument: str, body: str) -> None:
        """Runs one command."""
        command = self._commands.get(name)
        if command is None:
            language = OTHER_LANGUAGES.get(name)
            raise UnsupportedMagic(
                f"The local workspace runs Python, and this cell is {language}."
                if language
                else f"The local workspace does not know the magic command %{name}."
            )
        command(argument, body)

    def _sql(self, argument: str, body: str) -> None:
        result = None
        for statement in split_statements(f"{argument}\n{body}"):
            result = self._namespace["spark"].sql(statement)
        if result is not None:
            self._namespace["_sqldf"] = result
            result.show()

    def _fs(self, argument: str, body: str) -> None:
        words = shlex.split(argument)
        if not words:
            raise UnsupportedMagic("%fs needs a command, for example: %fs ls dbfs:/tmp")
        recurse = "-r" in words or "--recurse" in words
        names = [word for word in words[1:] if not word.startswith("-")]
        named = {"recurse": True} if recurse else {}
        result = getattr(self._dbutils.fs, words[0])(*names, **named)
        print(*result if isinstance(result, list) else [result], sep="\n")


def split_statements(text: str) -> List[str]:
    """Splits SQL at the semicolons that are in no string and no comment."""
    parts = _SQL_PARTS.split(text)
    statements = [""]
    for index, part in enumerate(parts):
        if index % 3 == 2 and part:
            statements.append("")
        else:
            statements[-1] += part or ""
    return [statement.strip() for statement in statements if _has_sql(statement)]


def _has_sql(statement: str) -> bool:
    return bool(re.sub(r"--[^\n]*|/\*.*?\*/", "", statement, flags=re.S).strip())


def run_shell(argument: str, body: str) -> None:
    """Runs a shell script. Only with -e does its failure fail the cell, as on the service."""
    import shutil
    import subprocess
    import threading

    fails = argument.split()[:1] == ["-e"]
    script = (argument.split("-e", 1)[1] if fails else argument) + "\n" + body
    shell = shutil.which("bash") or shutil.which("sh")
    if shell is None:
        raise UnsupportedMagic("This machine has no bash to run %sh with.")
    process = subprocess.Popen(
        [shell, *(["-e"] if fails else []), "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    printer = threading.Thread(target=_print_all, args=(process.stdout,), daemon=True)
    printer.start()
    code = process.wait()
    # What the script left running in the background may hold the pipe for ever.
    printer.join(timeout=0.5)
    if fails and code:
        raise subprocess.CalledProcessError(code, script.strip().encode("utf-8"))


def _print_all(stream: Any) -> None:
    for line in stream:
        sys.stdout.write(line)


def _skip_pip(argument: str, body: str) -> None:
    print(
        f"Note: skipped in the local workspace, which uses the libraries of this machine: "
        f"{argument}"
    )


def _do_nothing(argument: str, body: str) -> None:
    """For commands without effect here."""


def replace_line_magics(source: str) -> Optional[str]:
    """Turns lines such as `%pip install x` and `!ls` into calls; None if there are none."""
    lines = source.split("\n")
    replaced = [re.sub(r"^(\s*)(?:%(\w+)[ \t]*(.*)|!(.*))$", _call, line) for line in lines]
    return None if replaced == lines else "\n".join(replaced)


def _call(match: "re.Match[str]") -> str:
    indent, name, argument, command = match.groups()
    if name is None:
        name, argument = "sh", command
    return f"{indent}get_ipython().run_line_magic({name!r}, {argument.strip()!r})"
