"""Who calls, and how they prove it."""

from __future__ import annotations

import base64
import json
import os
import time
from typing import Any
from unittest import mock

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import PermissionDenied

from sdk.client import SdkCase
from support import USER, requests

CLIENT_ID = os.environ["CONFORMANCE_CLIENT_ID"]
CLIENT_SECRET = os.environ["CONFORMANCE_CLIENT_SECRET"]


def identity_token(**claims: Any) -> str:
    """An unsigned JWT, as an identity provider would give."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'RS256'})}.{part({'exp': time.time() + 600, **claims})}.c2lnbmF0dXJl"


class Identity(SdkCase):
    """Authentication and the current user."""

    def test_me(self) -> None:
        """current_user.me tells the user of the token"""
        me = self.w.current_user.me()
        self.assertEqual((me.user_name, me.active), (USER, True))
        self.assertEqual(me.emails[0].value, USER)

    def test_workspace_id(self) -> None:
        """get_workspace_id tells the workspace"""
        self.assertGreater(int(self.w.get_workspace_id()), 0)

    def test_host_metadata(self) -> None:
        """the SDK finds out about the host before its first call"""
        WorkspaceClient().current_user.me()
        [asked] = requests("GET", "/.well-known/databricks-config")[:1]
        self.assertEqual((asked["status"], asked["headers"].get("authorization")), (200, None))

    def test_client_credentials(self) -> None:
        """a service principal signs in with its client secret"""
        client = self._client(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        me = client.current_user.me()
        self.assertEqual((client.config.auth_type, me.user_name), ("oauth-m2m", CLIENT_ID))

    def test_wrong_secret(self) -> None:
        """a wrong client secret is told by the SDK"""
        client = self._client(client_id=CLIENT_ID, client_secret="wrong")
        with self.assertRaisesRegex(ValueError, "invalid_client: Client authentication failed"):
            client.current_user.me()

    def test_token_exchange(self) -> None:
        """a service principal signs in with an identity token (workload identity federation)"""
        token = identity_token(sub="sc://org/project/connection")
        with mock.patch.dict(os.environ, DATABRICKS_OIDC_TOKEN=token):
            client = self._client(client_id=CLIENT_ID, auth_type="env-oidc")
            self.assertEqual(client.current_user.me().user_name, CLIENT_ID)

    def test_unknown_token(self) -> None:
        """an unknown personal access token is PermissionDenied"""
        with self.assertRaisesRegex(PermissionDenied, "Invalid access token"):
            self._client(token="dapi-unknown").current_user.me()

    def _client(self, **config: str) -> WorkspaceClient:
        with mock.patch.dict(os.environ):
            del os.environ["DATABRICKS_TOKEN"]
            return WorkspaceClient(**config)
