"""Permissions of folders, notebooks and files."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from databricks.sdk.errors import BadRequest, NotFound
from databricks.sdk.service.iam import AccessControlRequest, ObjectPermissions, PermissionLevel
from databricks.sdk.service.workspace import ImportFormat

from sdk.client import SdkCase
from support import USER

PRINCIPAL = "6e5b0b7e-4a6f-4c0e-9a53-0d6c1c0f2a11"
DEVS_CAN_RUN = AccessControlRequest(group_name="devs", permission_level=PermissionLevel.CAN_RUN)
OPS_CAN_EDIT = AccessControlRequest(group_name="ops", permission_level=PermissionLevel.CAN_EDIT)


def _own(permissions: ObjectPermissions) -> Dict[Optional[str], List[Optional[PermissionLevel]]]:
    """Levels that were given on the object itself, by principal."""
    found = {}
    for entry in permissions.access_control_list or []:
        name = entry.user_name or entry.group_name or entry.service_principal_name
        levels = [one.permission_level for one in entry.all_permissions if not one.inherited]
        if levels:
            found[name] = levels
    return found


def _inherited(permissions: ObjectPermissions, group: str) -> List[Tuple]:
    [entry] = [one for one in permissions.access_control_list if one.group_name == group]
    return [
        (one.permission_level, one.inherited_from_object)
        for one in entry.all_permissions
        if one.inherited
    ]


class Permissions(SdkCase):
    """permissions."""

    def setUp(self) -> None:
        super().setUp()
        self.w.workspace.mkdirs(self.folder)
        self.id = self._id_of(self.folder)

    def _id_of(self, path: str) -> str:
        return str(self.w.workspace.get_status(path).object_id)

    def test_get(self) -> None:
        """get names the object and shows what admins inherit from the root"""
        permissions = self.w.permissions.get("directories", self.id)

        self.assertEqual(permissions.object_id, f"/directories/{self.id}")
        self.assertEqual(permissions.object_type, "directory")
        self.assertEqual(_own(permissions), {})
        self.assertEqual(
            _inherited(permissions, "admins"), [(PermissionLevel.CAN_MANAGE, ["/directories/"])]
        )

    def test_update(self) -> None:
        """update adds to what is there, and changes the level of those who are there"""
        self.w.permissions.update("directories", self.id, access_control_list=[DEVS_CAN_RUN])
        given = self.w.permissions.update(
            "directories",
            self.id,
            access_control_list=[
                OPS_CAN_EDIT,
                AccessControlRequest(user_name=USER, permission_level=PermissionLevel.CAN_READ),
                AccessControlRequest(
                    service_principal_name=PRINCIPAL, permission_level=PermissionLevel.CAN_MANAGE
                ),
            ],
        )

        expected = {
            "devs": [PermissionLevel.CAN_RUN],
            "ops": [PermissionLevel.CAN_EDIT],
            USER: [PermissionLevel.CAN_READ],
            PRINCIPAL: [PermissionLevel.CAN_MANAGE],
        }
        self.assertEqual(_own(given), expected)
        self.assertEqual(_own(self.w.permissions.get("directories", self.id)), expected)

    def test_set(self) -> None:
        """set takes the place of what is there"""
        self.w.permissions.update("directories", self.id, access_control_list=[DEVS_CAN_RUN])
        given = self.w.permissions.set("directories", self.id, access_control_list=[OPS_CAN_EDIT])
        self.assertEqual(_own(given), {"ops": [PermissionLevel.CAN_EDIT]})

        self.assertEqual(_own(self.w.permissions.set("directories", self.id)), {})

    def test_inherited(self) -> None:
        """a notebook and a file inherit from their folder"""
        self.put_notebook("train", "1")
        self.w.workspace.upload(f"{self.folder}/data.bin", b"x", format=ImportFormat.RAW)
        self.w.permissions.set("directories", self.id, access_control_list=[DEVS_CAN_RUN])

        for kind, name in (("notebooks", "train"), ("files", "data.bin")):
            with self.subTest(kind):
                found = self.w.permissions.get(kind, self._id_of(f"{self.folder}/{name}"))
                origin = [f"/directories/{self.id}"]
                self.assertEqual(_inherited(found, "devs"), [(PermissionLevel.CAN_RUN, origin)])

    def test_levels(self) -> None:
        """get_permission_levels lists the levels of a folder"""
        levels = self.w.permissions.get_permission_levels("directories", self.id).permission_levels

        self.assertEqual(
            [str(one.permission_level.value) for one in levels],
            ["CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"],
        )

    def test_unknown_principal(self) -> None:
        """update for a group that the workspace does not know is NotFound"""
        everybody = AccessControlRequest(
            group_name="account users", permission_level=PermissionLevel.CAN_READ
        )
        with self.assertRaises(NotFound) as caught:
            self.w.permissions.update("directories", self.id, access_control_list=[everybody])
        self.assertEqual(
            str(caught.exception), "Principal: GroupName(account users) does not exist"
        )

    def test_refused(self) -> None:
        """a level that folders do not have is a BadRequest, an unknown folder NotFound"""
        view = AccessControlRequest(group_name="devs", permission_level=PermissionLevel.CAN_VIEW)
        with self.assertRaises(BadRequest):
            self.w.permissions.set("directories", self.id, access_control_list=[view])
        with self.assertRaises(NotFound):
            self.w.permissions.get("directories", "7")

    def test_deleted(self) -> None:
        """a folder that is made anew has none of the permissions of the old one"""
        self.w.permissions.set("directories", self.id, access_control_list=[DEVS_CAN_RUN])
        self.w.workspace.delete(self.folder, recursive=True)
        self.w.workspace.mkdirs(self.folder)

        found = self.w.permissions.get("directories", self._id_of(self.folder))
        self.assertEqual(_own(found), {})
