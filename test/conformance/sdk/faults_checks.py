"""How the SDK takes errors and faults of the workspace."""

from __future__ import annotations

import time
from typing import Any

import requests as http
from databricks.sdk.errors import (
    BadRequest,
    DatabricksError,
    InternalError,
    NotFound,
    PermissionDenied,
    PrivateLinkValidationError,
    Unauthenticated,
)

from sdk.client import SdkCase
from support import USER, add_fault, requests

ME = "/api/2.0/preview/scim/v2/Me"


class Faults(SdkCase):
    """Retries and error classes."""

    def _fault(self, kind: str, **more: Any) -> None:
        add_fault(f"GET {ME}", kind, **more)

    def _attempts(self) -> int:
        return len(requests("GET", ME))

    def test_retry_after(self) -> None:
        """429 is repeated after the seconds of Retry-After"""
        self._fault("status", status=429, headers={"Retry-After": "2"}, times=1)
        started = time.monotonic()
        self.assertEqual(self.w.current_user.me().user_name, USER)
        self.assertGreaterEqual(time.monotonic() - started, 2)
        self.assertEqual(self._attempts(), 2)

    def test_unavailable(self) -> None:
        """503 is repeated"""
        self._fault("status", status=503, times=1)
        self.assertEqual(self.w.current_user.me().user_name, USER)
        self.assertEqual(self._attempts(), 2)

    def test_reset(self) -> None:
        """a connection that is reset is repeated"""
        self._fault("reset-before", times=1)
        self.assertEqual(self.w.current_user.me().user_name, USER)
        self.assertEqual(self._attempts(), 2)

    def test_internal_error(self) -> None:
        """500 is InternalError and not repeated"""
        self._fault("status", status=500)
        with self.assertRaises(InternalError):
            self.w.current_user.me()
        self.assertEqual(self._attempts(), 1)

    def test_unauthenticated(self) -> None:
        """401 with its numeric error_code is Unauthenticated"""
        self._fault("status", status=401)
        with self.assertRaisesRegex(Unauthenticated, "Credential was not sent"):
            self.w.current_user.me()

    def test_permission_denied(self) -> None:
        """403 is PermissionDenied"""
        self._fault("status", status=403)
        with self.assertRaises(PermissionDenied):
            self.w.current_user.me()

    def test_gateway_page(self) -> None:
        """the HTML page of a gateway is an error that shows its title"""
        self._fault("html")
        with self.assertRaisesRegex(DatabricksError, "Bad Gateway|unable to parse response"):
            self.w.current_user.me()

    def test_private_link(self) -> None:
        """a redirect to the private link page is told as such"""
        location = "/login.html?error=private-link-validation-error:1"
        self._fault("redirect", headers={"location": location})
        with self.assertRaisesRegex(PrivateLinkValidationError, "not accessible from the current"):
            self.w.current_user.me()

    def test_unknown_endpoint(self) -> None:
        """a call that the workspace does not know is NotFound"""
        with self.assertRaisesRegex(NotFound, "No API found for 'GET /nothing'"):
            self.w.api_client.do("GET", "/api/2.0/nothing")

    def test_malformed(self) -> None:
        """a body that is not JSON is BadRequest"""
        with self.assertRaisesRegex(BadRequest, "Invalid JSON"):
            self.w.api_client.do("POST", "/api/2.0/workspace/mkdirs", data="{")

    def test_no_credential(self) -> None:
        """a call without credential is 401 with a numeric error_code"""
        answer = http.get(f"{self.w.config.host}{ME}", timeout=10)
        self.assertEqual((answer.status_code, answer.json()["error_code"]), (401, 401))
