"""Entry point of a notebook process: run_notebook.py <work folder>.

The request is one JSON line on stdin; the outcome goes to <work folder>/result.json.

Kept to syntax that every Python understands, so that an old interpreter is answered with a
sentence instead of a syntax error. Everything else is in the package beside this file.
"""

import io
import json
import os
import sys

OLDEST = (3, 8)


def refuse(work_dir):
    """Leaves the outcome that says this interpreter is too old."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    error = "The local workspace runs notebooks with Python 3.8 or newer, but %s is Python %s." % (
        sys.executable,
        found,
    )
    outcome = json.dumps({"status": "failed", "error": error, "errorTrace": error})
    with io.open(os.path.join(work_dir, "result.json"), "w", encoding="utf-8") as file:
        file.write(outcome if isinstance(outcome, type("")) else outcome.decode("ascii"))


def start(work_dir):
    """Hands over to the package; only its own modules are cached as bytecode."""
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != folder]
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = False
    from notebook_runtime.main import main

    sys.dont_write_bytecode = True
    sys.path.remove(folder)
    main(work_dir)


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        refuse(sys.argv[1])
    else:
        start(sys.argv[1])
