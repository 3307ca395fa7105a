"""Secret scopes and secrets."""

from __future__ import annotations

import base64
import datetime
from uuid import uuid4

from databricks.sdk.errors import BadRequest, NotFound, ResourceAlreadyExists
from databricks.sdk.service.jobs import NotebookTask, SubmitTask
from databricks.sdk.service.workspace import ScopeBackendType

from sdk.client import SdkCase


class Secrets(SdkCase):
    """secrets."""

    def setUp(self) -> None:
        super().setUp()
        self.scope = f"scope-{uuid4().hex}"
        self.w.secrets.create_scope(self.scope)

    def _value(self, key: str) -> str:
        return base64.b64decode(self.w.secrets.get_secret(self.scope, key).value).decode()

    def test_scopes(self) -> None:
        """list_scopes shows a scope until delete_scope"""
        scopes = {one.name: one for one in self.w.secrets.list_scopes()}
        self.assertEqual(scopes[self.scope].backend_type, ScopeBackendType.DATABRICKS)
        self.w.secrets.delete_scope(self.scope)
        self.assertNotIn(self.scope, [one.name for one in self.w.secrets.list_scopes()])

    def test_secrets(self) -> None:
        """put_secret, get_secret, list_secrets and delete_secret follow a secret"""
        self.w.secrets.put_secret(self.scope, "password", string_value="first")
        self.w.secrets.put_secret(self.scope, "password", string_value="größer")
        self.assertEqual(self._value("password"), "größer")
        [secret] = self.w.secrets.list_secrets(self.scope)
        self.assertEqual(secret.key, "password")
        self.assertGreater(secret.last_updated_timestamp, 0)

        self.w.secrets.delete_secret(self.scope, "password")
        self.assertEqual(list(self.w.secrets.list_secrets(self.scope)), [])
        with self.assertRaises(NotFound):
            self.w.secrets.get_secret(self.scope, "password")

    def test_bytes(self) -> None:
        """put_secret takes bytes as base64"""
        encoded = base64.b64encode("größer".encode()).decode()
        self.w.secrets.put_secret(self.scope, "key", bytes_value=encoded)
        self.assertEqual(self._value("key"), "größer")

    def test_dbutils(self) -> None:
        """dbutils.secrets of the SDK reads what was put"""
        self.w.secrets.put_secret(self.scope, "key", string_value="value")
        self.assertEqual(self.w.dbutils.secrets.get(self.scope, "key"), "value")

    def test_notebook(self) -> None:
        """a notebook reads what was put"""
        self.w.secrets.put_secret(self.scope, "key", string_value="value")
        source = f"dbutils.notebook.exit(str(len(dbutils.secrets.get('{self.scope}', 'key'))))"
        task = NotebookTask(notebook_path=self.put_notebook("read", source))
        run = self.w.jobs.submit_and_wait(
            tasks=[SubmitTask(task_key="main", notebook_task=task)],
            timeout=datetime.timedelta(minutes=1),
        )
        output = self.w.jobs.get_run_output(run.tasks[0].run_id)
        self.assertEqual(output.notebook_output.result, "5")

    def test_errors(self) -> None:
        """what exists already or is missing fails as on the service"""
        with self.assertRaisesRegex(ResourceAlreadyExists, f"Scope {self.scope} already exists"):
            self.w.secrets.create_scope(self.scope)
        with self.assertRaisesRegex(NotFound, "Scope nothing does not exist"):
            self.w.secrets.delete_scope("nothing")
        with self.assertRaises(NotFound):
            list(self.w.secrets.list_secrets("nothing"))
        with self.assertRaises(NotFound):
            self.w.secrets.put_secret("nothing", "key", string_value="x")
        with self.assertRaises(NotFound):
            self.w.secrets.delete_secret(self.scope, "nothing")
        with self.assertRaises(BadRequest):
            self.w.secrets.create_scope("no spaces")
