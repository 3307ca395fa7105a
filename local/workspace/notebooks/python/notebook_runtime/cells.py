"""Splits a notebook into cells: source files with their comment markers, and .ipynb documents."""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .workspace_tree import NotebookFile

COMMENTS = {"python": "#", "r": "#", "scala": "//", "sql": "--"}
_MAGIC = re.compile(r"%{1,2}([A-Za-z][\w-]*)[ \t]*(.*)")


class Cell(NamedTuple):
    """One cell as an editor shows it. `number` counts every cell of the notebook from 1."""

    number: int
    text: str
    is_markdown: bool = False


class Magic(NamedTuple):
    """The magic command a cell starts with; `body` is what follows, at the same line numbers."""

    name: str
    argument: str
    line: int
    body: str


def split_cells(notebook: NotebookFile) -> List[Cell]:
    """The cells of a notebook in order."""
    if notebook.json is not None:
        return _split_ipynb(notebook.json["cells"])
    return split_source(notebook.text, COMMENTS.get(notebook.language, "#"))


def split_source(text: str, comment: str = "#") -> List[Cell]:
    """The cells of a source file, whose first line is its header."""
    separator = f"{comment} COMMAND ----------"
    groups: List[List[str]] = [[]]
    for line in text.replace("\r\n", "\n").split("\n")[1:]:
        if line.rstrip() == separator:
            groups.append([])
        else:
            groups[-1].append(line)
    return [Cell(number, _cell_text(lines, comment)) for number, lines in enumerate(groups, 1)]


def _cell_text(lines: List[str], comment: str) -> str:
    """Drops the blank lines around a cell, its title, and the prefix of magic lines."""
    lines = _strip_blank(lines)
    if lines and lines[0].startswith(f"{comment} DBTITLE "):
        lines = _strip_blank(lines[1:])
    prefix = f"{comment} MAGIC"
    return "\n".join(_without_prefix(line, prefix) for line in lines)


def _without_prefix(line: str, prefix: str) -> str:
    if line.startswith(prefix + " "):
        return line[len(prefix) + 1 :]
    return "" if line.rstrip() == prefix else line


def _strip_blank(lines: List[str]) -> List[str]:
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return lines[start:end]


def _split_ipynb(cells: List[Dict[str, Any]]) -> List[Cell]:
    found = []
    for number, cell in enumerate(cells, 1):
        source = cell.get("source", "")
        text = source if isinstance(source, str) else "".join(source)
        found.append(Cell(number, text.replace("\r\n", "\n"), cell.get("cell_type") != "code"))
    return found


def parse_magic(text: str) -> Optional[Magic]:
    """The magic command on the first line of a cell that is not blank, or None."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if line.strip():
            match = _MAGIC.fullmatch(line.rstrip())
            if not match:
                return None
            body = "\n" * (index + 1) + "\n".join(lines[index + 1 :])
            return Magic(match.group(1), match.group(2).strip(), index + 1, body)
    return None


def parse_run(argument: str) -> Tuple[str, List[Tuple[str, str]]]:
    """Takes `./path $name="value" …` of a %run apart: the target, and widget values in order."""
    match = re.match(r"\"([^\"]+)\"|'([^']+)'|((?:(?!\s+\$\w+=).)+)", argument)
    if not match:
        return "", []
    path = next(group for group in match.groups() if group is not None).strip()
    values = re.findall(r"\$(\w+)=(?:\"([^\"]*)\"|'([^']*)'|(\S*))", argument[match.end() :])
    return path, [(name, double or single or bare) for name, double, single, bare in values]
