"""Who calls, and how they prove it."""

from __future__ import annotations

import json
import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, Dict
from unittest import mock
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import PermissionDenied, Unauthenticated

from sdk.client import SdkCase
from support import USER, configure_identity, requests

CLIENT_ID = os.environ["CONFORMANCE_CLIENT_ID"]
CLIENT_SECRET = os.environ["CONFORMANCE_CLIENT_SECRET"]
CLAIMS = {
    "iss": "https://vstoken.dev.azure.com/8f1c7f2e-0b7a-4f0e-9a53-0d6c1c0f2a11",
    "aud": "api://AzureADTokenExchange",
    "sub": "p://org/project/pipeline",
}
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def identity_token(**claims: Any) -> str:
    """A JWT, as Azure DevOps gives it to a job."""
    members = {**CLAIMS, "exp": int(time.time()) + 600, **claims}
    return jwt.encode(members, KEY, algorithm="RS256", headers={"kid": "key-1"})


def add_federated_principal() -> str:
    """A service principal that may exchange such tokens; returns its application id."""
    application_id = str(uuid4())
    public_key = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
    policy = {
        "issuer": CLAIMS["iss"],
        "audiences": [CLAIMS["aud"]],
        "subject": CLAIMS["sub"],
        "jwks": {"keys": [{**public_key, "kid": "key-1", "alg": "RS256", "use": "sig"}]},
    }
    principal = {"applicationId": application_id, "policies": [policy]}
    configure_identity(servicePrincipals=[principal])
    return application_id


class TokenService(BaseHTTPRequestHandler):
    """The part of Azure DevOps that gives a job its identity token."""

    asked: Dict[str, str] = {}

    def do_POST(self) -> None:
        self.asked[self.path] = self.headers["Authorization"]
        body = json.dumps({"oidcToken": identity_token()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


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

    def test_renewal(self) -> None:
        """a token that is about to expire is replaced by a new one"""
        configure_identity(tokenLifetimeSeconds=30)
        self.addCleanup(configure_identity, tokenLifetimeSeconds=3600)
        client = self._client(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        for _ in range(2):
            self.assertEqual(client.current_user.me().user_name, CLIENT_ID)
        self.assertGreaterEqual(len(requests("POST", "/oidc/v1/token")), 2)

    def test_expired(self) -> None:
        """a token that has expired is Unauthenticated"""
        client = self._client(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        client.current_user.me()
        configure_identity(clockOffsetSeconds=4000)
        self.addCleanup(configure_identity, clockOffsetSeconds=0)
        with self.assertRaises(Unauthenticated):
            client.current_user.me()

    def test_token_exchange(self) -> None:
        """a service principal signs in with an identity token (workload identity federation)"""
        client_id = add_federated_principal()
        with mock.patch.dict(os.environ, DATABRICKS_OIDC_TOKEN=identity_token()):
            client = self._client(client_id=client_id, auth_type="env-oidc")
            self.assertEqual(client.current_user.me().user_name, client_id)

    def test_wrong_subject(self) -> None:
        """an identity token of another pipeline is refused"""
        client_id = add_federated_principal()
        token = identity_token(sub="p://org/project/other")
        with mock.patch.dict(os.environ, DATABRICKS_OIDC_TOKEN=token):
            client = self._client(client_id=client_id, auth_type="env-oidc")
            with self.assertRaisesRegex(ValueError, "invalid_grant: No federation policy"):
                client.current_user.me()

    def test_azure_devops(self) -> None:
        """a job of Azure Pipelines signs in with the token that Azure DevOps gives it"""
        client_id = add_federated_principal()
        server = HTTPServer(("127.0.0.1", 0), TokenService)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        Thread(target=server.serve_forever, daemon=True).start()
        job = {
            "SYSTEM_ACCESSTOKEN": "system-token",
            "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": f"http://127.0.0.1:{server.server_port}/org/",
            "SYSTEM_TEAMPROJECTID": "project",
            "SYSTEM_PLANID": "plan",
            "SYSTEM_JOBID": "job",
            "SYSTEM_HOSTTYPE": "build",
        }
        with mock.patch.dict(os.environ, job):
            client = self._client(client_id=client_id, auth_type="azure-devops-oidc")
            self.assertEqual(client.current_user.me().user_name, client_id)
        [(path, authorization)] = TokenService.asked.items()
        self.assertIn("/hubs/build/plans/plan/jobs/job/oidctoken", path)
        self.assertEqual(authorization, "Bearer system-token")

    def test_unknown_token(self) -> None:
        """an unknown personal access token is PermissionDenied"""
        with self.assertRaisesRegex(PermissionDenied, "Invalid access token"):
            self._client(token="dapi-unknown").current_user.me()

    def _client(self, **config: str) -> WorkspaceClient:
        with mock.patch.dict(os.environ):
            del os.environ["DATABRICKS_TOKEN"]
            return WorkspaceClient(**config)
