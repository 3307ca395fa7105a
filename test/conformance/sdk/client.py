"""The SDK's client for the checks."""

from __future__ import annotations

from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.workspace import ImportFormat

from support import HEADER, WorkspaceCase


class SdkCase(WorkspaceCase):
    """A check that uses the SDK as DATABRICKS_HOST and DATABRICKS_TOKEN configure it."""

    w: WorkspaceClient

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.w = WorkspaceClient()

    def put_notebook(self, name: str, source: str, **options: Any) -> str:
        """Uploads a Python notebook to the folder of the check and returns its path."""
        path = f"{self.folder}/{name}"
        self.w.workspace.mkdirs(path.rsplit("/", 1)[0])
        content = (HEADER + source).encode()
        self.w.workspace.upload(f"{path}.py", content, format=ImportFormat.AUTO, **options)
        return path
