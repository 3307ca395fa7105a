"""The workspace API: import, export, the upload helpers, listing."""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile

from databricks.sdk.errors import BadRequest, DatabricksError, NotFound, ResourceAlreadyExists
from databricks.sdk.service.workspace import ExportFormat, ImportFormat, Language, ObjectType

from sdk.client import SdkCase
from support import HEADER

SOURCES = {
    Language.PYTHON: ("# Databricks notebook source\n", "print(1)\n"),
    Language.SQL: ("-- Databricks notebook source\n", "SELECT 1\n"),
    Language.SCALA: ("// Databricks notebook source\n", "println(1)\n"),
    Language.R: ("# Databricks notebook source\n", "print(1)\n"),
}
JUPYTER = {
    "cells": [
        {
            "cell_type": "code",
            "source": ["print(1)"],
            "execution_count": None,
            "outputs": [],
            "metadata": {},
        }
    ],
    "metadata": {"language_info": {"name": "python"}},
    "nbformat": 4,
    "nbformat_minor": 0,
}
BYTES = bytes(range(256)) * 3


class Uploads(SdkCase):
    """workspace.upload, which sends multipart/form-data."""

    def setUp(self) -> None:
        super().setUp()
        self.w.workspace.mkdirs(self.folder)

    def test_auto_notebook(self) -> None:
        """upload with AUTO makes a notebook and drops its extension"""
        content = (HEADER + "print(1)").encode()
        self.w.workspace.upload(f"{self.folder}/train.py", content, format=ImportFormat.AUTO)

        status = self.w.workspace.get_status(f"{self.folder}/train")
        self.assertEqual(status.object_type, ObjectType.NOTEBOOK)
        self.assertEqual(status.language, Language.PYTHON)
        with self.assertRaises(NotFound):
            self.w.workspace.get_status(f"{self.folder}/train.py")

    def test_auto_file(self) -> None:
        """upload with AUTO keeps other files byte for byte"""
        path = f"{self.folder}/model.bin"
        self.w.workspace.upload(path, io.BytesIO(BYTES), format=ImportFormat.AUTO)

        status = self.w.workspace.get_status(path)
        self.assertEqual((status.object_type, status.size), (ObjectType.FILE, len(BYTES)))
        for format in (None, ExportFormat.AUTO, ExportFormat.SOURCE):
            with self.w.workspace.download(path, format=format) as file:
                self.assertEqual(file.read(), BYTES)

    def test_empty_file(self) -> None:
        """upload takes an empty file"""
        path = f"{self.folder}/__init__.py"
        self.w.workspace.upload(path, b"", format=ImportFormat.AUTO)

        self.assertEqual(self.w.workspace.get_status(path).object_type, ObjectType.FILE)
        self.assertEqual(self.w.workspace.download(path).read(), b"")

    def test_source_languages(self) -> None:
        """upload with SOURCE makes a notebook of each language and export gives back its header"""
        for language, (header, body) in SOURCES.items():
            with self.subTest(language=language.value):
                path = f"{self.folder}/{language.value}"
                content = io.BytesIO(body.encode())
                self.w.workspace.upload(
                    path, content, format=ImportFormat.SOURCE, language=language
                )

                self.assertEqual(self.w.workspace.get_status(path).language, language)
                with self.w.workspace.download(path) as file:
                    self.assertEqual(file.read().decode(), header + body)

    def test_default_format(self) -> None:
        """upload without format takes the language from the extension and keeps the name"""
        path = f"{self.folder}/query.sql"
        self.w.workspace.upload(path, b"SELECT 1")

        status = self.w.workspace.get_status(path)
        self.assertEqual((status.object_type, status.language), (ObjectType.NOTEBOOK, Language.SQL))

    def test_no_language(self) -> None:
        """upload of text without format and language fails with the SDK's hint at AUTO"""
        with self.assertRaisesRegex(DatabricksError, "Perhaps you forgot to specify.*AUTO.*zip"):
            self.w.workspace.upload(f"{self.folder}/notes.txt", b"text")

    def test_raw(self) -> None:
        """upload with RAW keeps a notebook's source as a file"""
        content = (HEADER + "print(1)").encode()
        path = f"{self.folder}/train.py"
        self.w.workspace.upload(path, content, format=ImportFormat.RAW)

        self.assertEqual(self.w.workspace.get_status(path).object_type, ObjectType.FILE)
        with self.w.workspace.download(path, format=ExportFormat.RAW) as file:
            self.assertEqual(file.read(), content)

    def test_jupyter(self) -> None:
        """upload with JUPYTER makes a notebook that exports as JUPYTER and as SOURCE"""
        path = f"{self.folder}/analysis"
        content = json.dumps(JUPYTER).encode()
        self.w.workspace.upload(path, content, format=ImportFormat.JUPYTER)

        self.assertEqual(self.w.workspace.get_status(path).language, Language.PYTHON)
        with self.w.workspace.download(path, format=ExportFormat.JUPYTER) as file:
            document = json.load(file)
        self.assertEqual("".join(document["cells"][0]["source"]), "print(1)")
        with self.w.workspace.download(path, format=ExportFormat.SOURCE) as file:
            self.assertEqual(file.read().decode().rstrip(), HEADER + "print(1)")

    def test_auto_jupyter(self) -> None:
        """upload with AUTO takes an .ipynb for a notebook and exports it as one"""
        content = json.dumps(JUPYTER).encode()
        self.w.workspace.upload(f"{self.folder}/analysis.ipynb", content, format=ImportFormat.AUTO)

        exported = self.w.workspace.export(f"{self.folder}/analysis", format=ExportFormat.AUTO)
        self.assertEqual(exported.file_type, "ipynb")

    def test_existing(self) -> None:
        """upload over an object fails without overwrite and replaces it with it"""
        path = f"{self.folder}/notes.txt"
        self.w.workspace.upload(path, b"first", format=ImportFormat.AUTO)
        before = self.w.workspace.get_status(path)

        with self.assertRaises(ResourceAlreadyExists):
            self.w.workspace.upload(path, b"second", format=ImportFormat.AUTO)
        self.w.workspace.upload(path, b"second", format=ImportFormat.AUTO, overwrite=True)

        self.assertEqual(self.w.workspace.download(path).read(), b"second")
        self.assertEqual(self.w.workspace.get_status(path).object_id, before.object_id)

    def test_other_type(self) -> None:
        """upload does not replace a file with a notebook"""
        path = f"{self.folder}/train"
        self.w.workspace.upload(path, b"text", format=ImportFormat.AUTO)

        with self.assertRaisesRegex(DatabricksError, "type mismatch"):
            self.w.workspace.upload(
                path,
                b"print(1)",
                format=ImportFormat.SOURCE,
                language=Language.PYTHON,
                overwrite=True,
            )

    def test_missing_parent(self) -> None:
        """upload into a missing folder is NotFound"""
        with self.assertRaisesRegex(NotFound, "The parent folder .* does not exist"):
            self.w.workspace.upload(f"{self.folder}/a/b.txt", b"text", format=ImportFormat.AUTO)

    def test_too_large(self) -> None:
        """upload refuses more than 10 MB"""
        content = b"x" * (10 * 1024 * 1024 + 1)
        with self.assertRaises(BadRequest) as caught:
            self.w.workspace.upload(f"{self.folder}/big.bin", content, format=ImportFormat.AUTO)
        self.assertEqual(caught.exception.error_code, "MAX_NOTEBOOK_SIZE_EXCEEDED")

    def test_odd_names(self) -> None:
        """names with spaces, percent signs, ampersands and other alphabets survive all calls"""
        name = "größe & 100% #1 + ä?"
        path = f"{self.folder}/{name}"
        self.w.workspace.upload(path, b"text", format=ImportFormat.AUTO)

        self.assertEqual([one.path for one in self.w.workspace.list(self.folder)], [path])
        self.assertEqual(self.w.workspace.download(path).read(), b"text")
        self.w.workspace.delete(path)
        self.assertEqual(list(self.w.workspace.list(self.folder)), [])

    def test_workspace_prefix(self) -> None:
        """a path with /Workspace names the same object, and answers keep the prefix"""
        self.w.workspace.upload(f"{self.folder}/notes.txt", b"text", format=ImportFormat.AUTO)

        long_path = f"/Workspace{self.folder}"
        self.assertEqual(
            [one.path for one in self.w.workspace.list(long_path)], [f"{long_path}/notes.txt"]
        )


class Imports(SdkCase):
    """workspace.import_ and export, which send and answer JSON with base64."""

    def setUp(self) -> None:
        super().setUp()
        self.w.workspace.mkdirs(self.folder)

    def _import(self, name: str, content: bytes, **options: object) -> str:
        path = f"{self.folder}/{name}"
        self.w.workspace.import_(path, content=base64.b64encode(content).decode(), **options)
        return path

    def _export(self, path: str, format: ExportFormat) -> bytes:
        return base64.b64decode(self.w.workspace.export(path, format=format).content)

    def test_source(self) -> None:
        """import_ and export carry a notebook as SOURCE"""
        path = self._import(
            "train", b"print(1)", format=ImportFormat.SOURCE, language=Language.PYTHON
        )

        exported = self.w.workspace.export(path)
        self.assertEqual(exported.file_type, "py")
        self.assertEqual(base64.b64decode(exported.content).decode(), HEADER + "print(1)")

    def test_html(self) -> None:
        """a notebook survives export and import as HTML"""
        path = self._import(
            "train", b"print('<&>')", format=ImportFormat.SOURCE, language=Language.PYTHON
        )
        copy = self._import("copy", self._export(path, ExportFormat.HTML), format=ImportFormat.HTML)

        exported = self._export(copy, ExportFormat.SOURCE).decode()
        self.assertEqual(exported.rstrip(), HEADER + "print('<&>')")

    def test_r_markdown(self) -> None:
        """a notebook in R survives export and import as R_MARKDOWN"""
        path = self._import("report", b"print(1)", format=ImportFormat.SOURCE, language=Language.R)
        markdown = self._export(path, ExportFormat.R_MARKDOWN)
        copy = self._import("copy", markdown, format=ImportFormat.R_MARKDOWN)

        self.assertIn(b"print(1)", markdown)
        self.assertEqual(self.w.workspace.get_status(copy).language, Language.R)
        self.assertIn(b"print(1)", self._export(copy, ExportFormat.SOURCE))

    def test_dbc(self) -> None:
        """a folder of notebooks survives export and import as DBC"""
        self.w.workspace.mkdirs(f"{self.folder}/app/deep")
        source = {"format": ImportFormat.SOURCE, "language": Language.PYTHON}
        self._import("app/train", b"print('train')", **source)
        self._import("app/deep/score", b"print('score')", **source)
        archive = self._export(f"{self.folder}/app", ExportFormat.DBC)
        self._import("copy", archive, format=ImportFormat.DBC)

        found = {one.path for one in self.w.workspace.list(f"{self.folder}/copy", recursive=True)}
        self.assertEqual(found, {f"{self.folder}/copy/train", f"{self.folder}/copy/deep/score"})
        exported = self._export(f"{self.folder}/copy/deep/score", ExportFormat.SOURCE)
        self.assertEqual(exported.decode().rstrip(), HEADER + "print('score')")

    def test_folder_as_zip(self) -> None:
        """a folder exports as a zip of sources and files"""
        self._import("train", b"print(1)", format=ImportFormat.SOURCE, language=Language.PYTHON)
        self._import("data.bin", BYTES, format=ImportFormat.AUTO)

        with zipfile.ZipFile(io.BytesIO(self._export(self.folder, ExportFormat.SOURCE))) as archive:
            self.assertEqual(sorted(archive.namelist()), ["data.bin", "train.py"])
            self.assertEqual(archive.read("data.bin"), BYTES)

    def test_bad_base64(self) -> None:
        """content that is not base64 is a BadRequest"""
        with self.assertRaises(BadRequest):
            self.w.workspace.import_(f"{self.folder}/x", content="***", format=ImportFormat.AUTO)


class Objects(SdkCase):
    """Listing, status, folders and deletion."""

    def test_list_recursive(self) -> None:
        """list finds all objects below a folder when it is recursive"""
        self.put_notebook("train", "1")
        self.put_notebook("jobs/score", "1")
        self.put_notebook("jobs/nightly/report", "1")
        self.w.workspace.mkdirs(f"{self.folder}/empty")

        found = sorted(one.path for one in self.w.workspace.list(self.folder, recursive=True))
        names = ["jobs/nightly/report", "jobs/score", "train"]
        self.assertEqual(found, [f"{self.folder}/{name}" for name in names])

    def test_list_flat(self) -> None:
        """list shows folders and notebooks with ids, types and languages"""
        self.put_notebook("train", "1")
        self.w.workspace.mkdirs(f"{self.folder}/empty")

        objects = {one.path: one for one in self.w.workspace.list(self.folder)}
        folder, notebook = objects[f"{self.folder}/empty"], objects[f"{self.folder}/train"]
        self.assertEqual(folder.object_type, ObjectType.DIRECTORY)
        self.assertEqual(notebook.language, Language.PYTHON)
        self.assertIsInstance(notebook.object_id, int)
        self.assertEqual(notebook.resource_id, str(notebook.object_id))
        self.assertEqual(list(self.w.workspace.list(folder.path)), [])

    def test_list_since(self) -> None:
        """list leaves out notebooks that did not change since a time"""
        self.put_notebook("train", "1")
        after = int(time.time() * 1000) + 60_000

        self.assertEqual(
            list(self.w.workspace.list(self.folder, notebooks_modified_after=after)), []
        )

    def test_list_object(self) -> None:
        """list of a notebook shows just it"""
        path = self.put_notebook("train", "1")
        self.assertEqual([one.path for one in self.w.workspace.list(path)], [path])

    def test_missing(self) -> None:
        """list, get_status, export, download and delete of what is not there are NotFound"""
        path = f"{self.folder}/nothing"
        calls = {
            "list": lambda: list(self.w.workspace.list(path)),
            "get_status": lambda: self.w.workspace.get_status(path),
            "export": lambda: self.w.workspace.export(path),
            "download": lambda: self.w.workspace.download(path),
            "delete": lambda: self.w.workspace.delete(path),
        }
        for name, call in calls.items():
            with self.subTest(name):
                with self.assertRaises(NotFound) as caught:
                    call()
                self.assertEqual(str(caught.exception), f"Path ({path}) doesn't exist.")

    def test_mkdirs(self) -> None:
        """mkdirs makes all folders, and again does nothing"""
        self.w.workspace.mkdirs(f"{self.folder}/a/b")
        self.w.workspace.mkdirs(f"{self.folder}/a/b")
        status = self.w.workspace.get_status(f"{self.folder}/a/b")
        self.assertEqual(status.object_type, ObjectType.DIRECTORY)

    def test_mkdirs_over_notebook(self) -> None:
        """mkdirs where a notebook is fails"""
        path = self.put_notebook("train", "1")
        with self.assertRaises(DatabricksError) as caught:
            self.w.workspace.mkdirs(path)
        self.assertEqual(caught.exception.error_code, "RESOURCE_ALREADY_EXISTS")

    def test_delete(self) -> None:
        """delete keeps a full folder unless it is recursive"""
        self.put_notebook("train", "1")
        with self.assertRaises(BadRequest) as caught:
            self.w.workspace.delete(self.folder)
        self.assertEqual(caught.exception.error_code, "DIRECTORY_NOT_EMPTY")
        self.w.workspace.delete(self.folder, recursive=True)

        with self.assertRaises(NotFound):
            self.w.workspace.get_status(self.folder)
