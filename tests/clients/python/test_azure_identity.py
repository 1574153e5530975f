"""azure-identity gets its tokens from the emulator: that is what proves the emulator honest."""

from __future__ import annotations

import logging
import os
import time
import unittest
from unittest import mock

import azure.identity
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ManagedIdentityCredential

from admin import admin, claims, fault, fresh, stages

SCOPE = "https://vault.azure.net/.default"
APP = {
    "client_id": "b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003",
    "object_id": "c2f7e4bb-3a1d-4e9f-8b66-51a1f00d0004",
    "resource_id": "/subscriptions/00000000-0000-0000-0000-00000000abcd/resourceGroups/arc-servers"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app",
}


class Arc(unittest.TestCase):
    def setUp(self) -> None:
        fresh()

    def test_system_assigned(self) -> None:
        token = ManagedIdentityCredential().get_token(SCOPE)
        self.assertEqual(claims(token.token)["aud"], "https://vault.azure.net")
        self.assertEqual(claims(token.token)["appid"], "8f6a3c52-0f3b-4f0a-9d3e-51a1f00d0001")
        self.assertAlmostEqual(token.expires_on, time.time() + 86400, delta=60)
        self.assertEqual(stages(), ["challenge", "key"])

    def test_user_assigned(self) -> None:
        for name, value in APP.items():
            with self.subTest(name):
                fresh()
                token = ManagedIdentityCredential(identity_config={name: value}).get_token(SCOPE)
                self.assertEqual(claims(token.token)["appid"], APP["client_id"])
                parameter = "msi_res_id" if name == "resource_id" else name
                for request in admin("GET", "requests"):
                    self.assertIn([parameter, value], request["query"])

    def test_user_assigned_by_client_id(self) -> None:
        token = ManagedIdentityCredential(client_id=APP["client_id"]).get_token(SCOPE)
        self.assertEqual(claims(token.token)["oid"], APP["object_id"])

    def test_old_agent(self) -> None:
        fault(ignore_selectors=True, count=0)
        with self.assertRaises(ClientAuthenticationError):
            ManagedIdentityCredential(client_id=APP["client_id"]).get_token(SCOPE)

    def test_not_assigned(self) -> None:
        with self.assertRaises(ClientAuthenticationError):
            ManagedIdentityCredential(client_id="99999999-0000-0000-0000-000000000000").get_token(SCOPE)

    def test_second_401(self) -> None:
        fault(on="key", refuse_key=True, count=0)
        with self.assertRaises(ClientAuthenticationError):
            ManagedIdentityCredential().get_token(SCOPE)


class Imds(unittest.TestCase):
    def setUp(self) -> None:
        fresh()
        environment = mock.patch.dict(os.environ)
        environment.start()
        self.addCleanup(environment.stop)
        for name in ("IDENTITY_ENDPOINT", "IMDS_ENDPOINT"):
            os.environ.pop(name, None)

    def test_system_assigned(self) -> None:
        token = ManagedIdentityCredential().get_token(SCOPE)
        self.assertIn("Microsoft.Compute/virtualMachines", claims(token.token)["xms_mirid"])
        self.assertEqual(stages(), ["token"])

    def test_user_assigned(self) -> None:
        for name, value in APP.items():
            with self.subTest(name):
                token = ManagedIdentityCredential(identity_config={name: value}).get_token(SCOPE)
                self.assertEqual(claims(token.token)["appid"], APP["client_id"])


if __name__ == "__main__":
    logging.disable()
    print(f"azure-identity {azure.identity.__version__}")
    unittest.main()
