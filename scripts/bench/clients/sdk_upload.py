"""Uploads a folder of notebooks with the SDK: sdk_upload.py SOURCE TARGET THREADS CALL.

One thread is the loop that most people write, several are what somebody writes who is in a hurry. CALL is upload, which the
SDK does not repeat when it is refused, or import, which it does.
"""

from __future__ import annotations

import base64
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.workspace import ImportFormat


def main(source: Path, target: str, threads: int, call: str) -> int:
    client = WorkspaceClient()
    files = sorted(path for path in source.rglob("*") if path.is_file())

    def make(folder: Path) -> None:
        client.workspace.mkdirs(f"{target}/{folder.relative_to(source).as_posix()}")

    def upload(file: Path) -> str | None:
        path = f"{target}/{file.relative_to(source).as_posix()}"
        try:
            if call == "import":
                text = base64.b64encode(file.read_bytes()).decode()
                client.workspace.import_(
                    path, content=text, format=ImportFormat.AUTO, overwrite=True
                )
                return None
            with file.open("rb") as content:
                client.workspace.upload(path, content, format=ImportFormat.AUTO, overwrite=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the caller would see
            return f"{path}: {type(error).__name__}: {error}"
        return None

    with ThreadPoolExecutor(max_workers=threads) as pool:
        list(pool.map(make, sorted({file.parent for file in files})))
        failures = [failure for failure in pool.map(upload, files) if failure is not None]
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]))
