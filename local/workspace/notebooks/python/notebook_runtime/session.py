"""Runs the cells of a notebook, and of those it includes with %run, in one namespace."""

from __future__ import annotations

import __future__
import ast
import linecache
import os
import posixpath
import sys
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any, Dict, List, Optional, Tuple, Union

from .cells import Cell, Magic, parse_magic, parse_run, split_cells
from .dbutils import DBUtils
from .magics import Magics, UnsupportedMagic, replace_line_magics
from .spark import add_spark
from .workspace_tree import NotebookFile, WorkspaceTree

_FUTURES = 0
for _name in __future__.all_feature_names:
    _FUTURES |= getattr(__future__, _name).compiler_flag
_COROUTINE = 0x80


class UnsupportedLanguage(Exception):
    """The notebook needs another interpreter than Python's."""


class RunCycle(Exception):
    """A notebook includes itself with %run."""


class Session:
    """The state that the cells of one run share. The namespace is the module __main__."""

    def __init__(self, tree: WorkspaceTree, dbutils: DBUtils) -> None:
        self._tree = tree
        self._dbutils = dbutils
        module = ModuleType("__main__")
        sys.modules["__main__"] = module
        self._namespace: Dict[str, Any] = module.__dict__
        self._magics = Magics(dbutils, self._namespace)
        self._running: List[NotebookFile] = []
        self._future_flags = 0
        self._loop: Any = None
        self._add_globals()

    def run(self, notebook: NotebookFile) -> None:
        """Runs a notebook's cells in order. Ends with the first exception."""
        if notebook.language not in ("python", "sql"):
            raise UnsupportedLanguage(
                f"The local workspace runs Python notebooks only, and {notebook.display_path} "
                f"is written in {notebook.language.capitalize()}."
            )
        self._running.append(notebook)
        for cell in split_cells(notebook):
            if not cell.is_markdown and cell.text.strip():
                self._run_cell(notebook, cell)
        self._running.pop()

    def _run_cell(self, notebook: NotebookFile, cell: Cell) -> None:
        file = f"{notebook.display_path} (cell {cell.number})"
        lines = [line + "\n" for line in cell.text.split("\n")]
        linecache.cache[file] = (len(cell.text), None, lines, file)
        magic = parse_magic(cell.text)
        if magic is None and notebook.language == "sql":
            magic = Magic("sql", "", 1, cell.text)
        if magic is None:
            self._run_python(cell.text, file)
        elif magic.name in ("python", "py"):
            before, after = "\n" * (magic.line - 1), magic.body[magic.line - 1 :]
            self._run_python(before + magic.argument + after, file)
        else:
            self._run_magic(magic, file, posixpath.dirname(notebook.path))

    def _run_magic(self, magic: Magic, file: str, folder: str) -> None:
        """Calls the command from code of the cell, so that tracebacks name the cell."""

        def command() -> None:
            if magic.name == "run":
                self._include(magic, folder)
            else:
                self._magics.run(magic.name, magic.argument, magic.body.strip("\n"))

        code = compile("\n" * (magic.line - 1) + "command()", file, "exec")
        exec(code, {"command": command})

    def _include(self, magic: Magic, folder: str) -> None:
        if magic.body.strip():
            raise UnsupportedMagic("%run has to be the only command of its cell.")
        path, values = parse_run(magic.argument)
        target = self._tree.find_target(path, folder)
        chain = [notebook.path for notebook in self._running] + [target.path]
        if target.path in chain[:-1]:
            raise RunCycle("%run goes in a circle: " + " -> ".join(chain))
        for name, value in values:
            self._dbutils.widgets.pass_value(name, value)
        self.run(target)

    def _run_python(self, source: str, file: str) -> None:
        for code in self._compile(source, file):
            if code.co_flags & _COROUTINE:
                self._await(eval(code, self._namespace))
            else:
                exec(code, self._namespace)

    def _compile(self, source: str, file: str) -> List[CodeType]:
        """A cell's statements, with the value of a last expression printed."""
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | self._future_flags
        tree = self._parse(source, file, flags)
        parts: List[Tuple[Union[ast.Module, ast.Interactive], str]] = [(tree, "exec")]
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
            parts.append((ast.Interactive([tree.body.pop()]), "single"))
        codes = [compile(part, file, mode, flags, True) for part, mode in parts]
        for code in codes:
            self._future_flags |= code.co_flags & _FUTURES
        return codes

    def _parse(self, source: str, file: str, flags: int) -> ast.Module:
        """Parses a cell; line magics are looked for only where it is no Python without them."""
        flags |= ast.PyCF_ONLY_AST
        try:
            tree: ast.Module = compile(source, file, "exec", flags, True)
        except SyntaxError:
            replaced = replace_line_magics(source)
            if replaced is None:
                raise
            try:
                tree = compile(replaced, file, "exec", flags, True)
            except SyntaxError:
                replaced = None
            if replaced is None:
                raise
        return tree

    def _await(self, coroutine: Any) -> None:
        import asyncio

        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(coroutine)

    def _add_globals(self) -> None:
        namespace = self._namespace
        add_spark(namespace)
        namespace["dbutils"] = self._dbutils
        namespace["getArgument"] = self._dbutils.widgets.getArgument
        namespace["display"] = display
        namespace["displayHTML"] = print
        shell = SimpleNamespace(run_line_magic=self._run_line_magic, user_ns=namespace)
        namespace["get_ipython"] = lambda: shell
        sys.displayhook = _print_value

    def _run_line_magic(self, name: str, argument: str) -> None:
        if name == "run":
            raise UnsupportedMagic("%run has to be the only command of its cell.")
        self._magics.run(name, argument, "")


def display(value: Any = None, *_: Any, **__: Any) -> None:
    """Prints what the service would show as a table or chart."""
    show = getattr(value, "show", None)
    if callable(show) and type(value).__module__.startswith("pyspark."):
        show()
    else:
        print(value)


def _print_value(value: Any) -> None:
    if value is not None:
        print(repr(value))


def enter_folder(tree: WorkspaceTree, notebook: NotebookFile) -> None:
    """Makes the notebook's folder the working directory and, with its Git folder, importable."""
    folder = os.path.dirname(notebook.file)
    os.chdir(folder)
    git_root: Optional[str] = tree.git_root(notebook.path)
    for entry in (git_root, folder):
        if entry and entry not in sys.path:
            sys.path.insert(0, entry)
