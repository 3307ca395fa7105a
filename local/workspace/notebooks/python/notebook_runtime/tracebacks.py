"""Errors as the service reports them: one line, and a coloured traceback like IPython's."""

from __future__ import annotations

import itertools
import linecache
import os
import traceback
from typing import Callable, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

RED, GREEN, BOLD_GREEN, CYAN, RESET = (
    "\x1b[0;31m",
    "\x1b[0;32m",
    "\x1b[1;32m",
    "\x1b[0;36m",
    "\x1b[0m",
)
WIDTH = 75
#: Frames shown of a deep recursion, at either end.
SHOWN_FRAMES = 20
MAX_ERROR = 10_000
MAX_TRACE = 1_000_000
_RUNTIME = os.path.dirname(os.path.abspath(__file__)) + os.sep

_EVENT_LOOP = os.path.join("asyncio", "base_events.py")

_CAUSE = "The above exception was the direct cause of the following exception:"
_CONTEXT = "During handling of the above exception, another exception occurred:"

#: Says what to call a file in a traceback: None keeps its name.
NameFile = Callable[[str], Optional[str]]


class Frame(NamedTuple):
    """One line of user code on the stack."""

    file: str
    line: int
    function: str


def describe_error(error: BaseException) -> str:
    """`<Type>: <message>` in one line."""
    lines = [line for line in _message(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0].strip() if lines else ''}"[:MAX_ERROR]


def describe_trace(error: BaseException, name_file: NameFile) -> str:
    """The whole traceback, with the exceptions that led to this one first."""
    parts = []
    for each, link in _chain(error):
        if link:
            parts.append(link)
        parts.append(_describe_one(each, name_file))
    text = "\n\n".join(parts)
    if len(text) <= MAX_TRACE:
        return text
    half = MAX_TRACE // 2
    return f"{text[:half]}\n[... {len(text) - MAX_TRACE} characters left out]\n{text[-half:]}"


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # a broken __str__ must not hide the error
        return "<exception str() failed>"


def _chain(error: BaseException) -> Iterator[Tuple[BaseException, str]]:
    """Pairs of exception and the sentence that joins it to the one before, oldest first."""
    pairs: List[Tuple[BaseException, str]] = []
    seen: Set[int] = set()
    current: Optional[BaseException] = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        following, link = current.__cause__, _CAUSE
        if following is None and not current.__suppress_context__:
            following, link = current.__context__, _CONTEXT
        has_earlier = following is not None and id(following) not in seen
        pairs.append((current, link if has_earlier else ""))
        current = following
    return reversed(pairs)


def _describe_one(error: BaseException, name_file: NameFile) -> str:
    name = type(error).__name__
    lines = [
        f"{RED}{'-' * WIDTH}{RESET}",
        f"{RED}{name}{RESET}{'Traceback (most recent call last)'.rjust(WIDTH - len(name))}",
    ]
    lines += _describe_frames(list(_frames(error)), name_file)
    if isinstance(error, SyntaxError):
        lines += _describe_syntax(error, name_file)
    lines.append(f"{RED}{name}{RESET}: {_final_message(error)}")
    lines += [str(note) for note in getattr(error, "__notes__", ())]
    inner = getattr(error, "trace_of_notebook", "")
    text = "\n".join(lines)
    for number, part in enumerate(_parts_of_group(error), 1):
        text += f"\n\n+ exception {number} of the group:\n{_describe_one(part, name_file)}"
    return f"{inner}\n\n{_CAUSE}\n\n{text}" if inner else text


def _parts_of_group(error: BaseException) -> Sequence[BaseException]:
    """The members of an ExceptionGroup (Python 3.11 and newer)."""
    parts = getattr(error, "exceptions", ())
    return (
        parts
        if isinstance(parts, tuple) and all(isinstance(p, BaseException) for p in parts)
        else ()
    )


def _final_message(error: BaseException) -> str:
    return (error.msg or "") if isinstance(error, SyntaxError) else _message(error)


def _frames(error: BaseException) -> Iterator[Frame]:
    step, follows_runtime = error.__traceback__, False
    while step is not None:
        code = step.tb_frame.f_code
        if _is_internal(code.co_filename):
            follows_runtime = True
        elif not (follows_runtime and code.co_filename.endswith(_EVENT_LOOP)):
            follows_runtime = False
            function = getattr(code, "co_qualname", code.co_name)
            yield Frame(code.co_filename, step.tb_lineno, function)
        step = step.tb_next


def _is_internal(file: str) -> bool:
    return file.startswith(_RUNTIME) or file.startswith("<frozen ")


def _describe_frames(frames: List[Frame], name_file: NameFile) -> List[str]:
    """Shows a frame that repeats itself once, and of very many frames both ends."""
    described: List[str] = []
    for frame, repeated in itertools.groupby(frames):
        described.append(_describe_frame(frame, name_file))
        times = len(list(repeated)) - 1
        if times:
            described.append(
                f"    [... skipping similar frames: {frame.function} at line {frame.line} "
                f"({times} times)]\n"
            )
    if len(described) > 2 * SHOWN_FRAMES:
        left_out = len(described) - 2 * SHOWN_FRAMES
        described[SHOWN_FRAMES:-SHOWN_FRAMES] = [f"    [... skipping {left_out} frames]\n"]
    return described


def _place(file: str, line: int, name_file: NameFile) -> str:
    """Cells say `, line 3` and modules `:3`, as on the service."""
    name = name_file(file) or file
    return f"{name}, line {line}" if name.endswith(")") else f"{name}:{line}"


def _describe_frame(frame: Frame, name_file: NameFile) -> str:
    head = f"File {GREEN}{_place(frame.file, frame.line, name_file)}{RESET}"
    if frame.function != "<module>":
        head += f", in {CYAN}{frame.function}{RESET}"
    lines = [head]
    sources = linecache.getlines(frame.file)
    for number in range(max(1, frame.line - 2), min(len(sources), frame.line + 2) + 1):
        source = sources[number - 1].rstrip("\n")
        if number == frame.line:
            arrow = "-" * (5 - len(str(number))) + "> "
            lines.append(f"{BOLD_GREEN}{arrow}{number}{RESET} {source}")
        else:
            lines.append(f"{GREEN}{number:7d}{RESET} {source}")
    return "\n".join(lines) + "\n"


def _describe_syntax(error: SyntaxError, name_file: NameFile) -> List[str]:
    """The place of a syntax error: file, line, and a caret under the column."""
    if not error.filename or not error.lineno:
        return []
    lines = [
        f"  File {GREEN}{name_file(error.filename) or error.filename}, line {error.lineno}{RESET}"
    ]
    source = (error.text or linecache.getline(error.filename, error.lineno)).rstrip("\n")
    if source.strip():
        indent = len(source) - len(source.lstrip())
        lines.append("    " + source.strip())
        lines.append("    " + " " * max(0, (error.offset or 1) - 1 - indent) + "^")
    return lines


def describe_fallback(error: BaseException) -> str:
    """The plain form, for when an error cannot be formatted (a stack or memory that is used up)."""
    return "".join(traceback.format_exception_only(type(error), error))
