"""databricks workspace and databricks repos."""

from __future__ import annotations

import json
import subprocess

from legacy_cli.command import CliCase, rows
from support import HEADER, GitRemote


class Program(CliCase):
    """databricks as it is started by people."""

    def test_program(self) -> None:
        """the program takes host and token from the environment"""
        done = subprocess.run(
            ["databricks", "workspace", "ls", "/"], capture_output=True, text=True, timeout=60
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.split(), ["Repos", "Shared", "Users"])


class Workspace(CliCase):
    """databricks workspace."""

    def test_import_export(self) -> None:
        """import and export carry a notebook"""
        path = self.put_notebook("train", "print(1)")
        target = self.local / "out.py"
        self.databricks("workspace", "export", path, str(target))
        self.assertEqual(target.read_text(encoding="utf-8"), HEADER + "print(1)")

    def test_import_again(self) -> None:
        """import over a notebook needs --overwrite"""
        path = self.put_notebook("train", "print(1)")
        file = self.write("second.py", HEADER + "print(2)")
        command = ["workspace", "import", "--language", "PYTHON", file, path]
        self.fail_cli("already exists", *command)
        self.databricks(*command, "--overwrite")
        target = self.local / "out.py"
        self.databricks("workspace", "export", path, str(target))
        self.assertEqual(target.read_text(encoding="utf-8"), HEADER + "print(2)")

    def test_formats(self) -> None:
        """export and import as JUPYTER, HTML and DBC keep the notebook"""
        path = self.put_notebook("train", "print(1)")
        for format in ("JUPYTER", "HTML", "DBC"):
            with self.subTest(format):
                file, copy = str(self.local / format), f"{self.folder}/{format}"
                self.databricks("workspace", "export", "--format", format, path, file)
                self.databricks(
                    *["workspace", "import", "--format", format, "--language", "PYTHON", file, copy]
                )
                again = self.local / f"{format}.py"
                self.databricks("workspace", "export", copy, str(again))
                self.assertEqual(again.read_text(encoding="utf-8").rstrip(), HEADER + "print(1)")

    def test_ls(self) -> None:
        """ls shows names, and with options types, paths, languages and ids"""
        path = self.put_notebook("train", "print(1)")
        self.databricks("workspace", "mkdirs", f"{self.folder}/deep")

        self.assertEqual(self.databricks("workspace", "ls", self.folder).split(), ["deep", "train"])
        long = self.databricks("workspace", "ls", "--long", "--absolute", "--id", self.folder)
        [folder, notebook] = rows(long)
        self.assertEqual(folder[:2], ["DIRECTORY", f"{self.folder}/deep"])
        self.assertEqual(notebook[:3], ["NOTEBOOK", path, "PYTHON"])
        self.assertTrue(notebook[3].isdigit())

    def test_ls_empty(self) -> None:
        """ls of an empty folder shows nothing"""
        self.databricks("workspace", "mkdirs", self.folder)
        self.assertEqual(self.databricks("workspace", "ls", self.folder).strip(), "")

    def test_ls_missing(self) -> None:
        """ls of a missing folder fails with the error of the workspace"""
        self.fail_cli("RESOURCE_DOES_NOT_EXIST.*exist", "workspace", "ls", self.folder)

    def test_rm(self) -> None:
        """rm removes a notebook, and a full folder only with --recursive"""
        path = self.put_notebook("train", "print(1)")
        self.fail_cli("DIRECTORY_NOT_EMPTY", "workspace", "rm", self.folder)
        self.databricks("workspace", "rm", path)
        self.put_notebook("train", "print(1)")
        self.databricks("workspace", "rm", "--recursive", self.folder)
        self.fail_cli("RESOURCE_DOES_NOT_EXIST", "workspace", "ls", self.folder)

    def test_import_dir(self) -> None:
        """import_dir and export_dir carry a tree of notebooks in all languages and formats"""
        document = {"cells": [], "metadata": {"language_info": {"name": "python"}}}
        files = {
            "train.py": HEADER + "print(1)",
            "deep/query.sql": "-- Databricks notebook source\nSELECT 1",
            "deep/est.scala": "// Databricks notebook source\nprintln(1)",
            "deep/er/report.r": HEADER + "print(1)",
        }
        for name, text in files.items():
            self.write(f"in/{name}", text)
        self.write(
            "in/analysis.ipynb", json.dumps({**document, "nbformat": 4, "nbformat_minor": 0})
        )
        self.write("in/README.md", "text")
        shown = self.databricks("workspace", "import_dir", str(self.local / "in"), self.folder)
        self.assertIn("README.md does not have a valid extension", shown)

        target = self.local / "out"
        self.databricks("workspace", "export_dir", self.folder, str(target))
        exported = {
            file.relative_to(target).as_posix(): file.read_text(encoding="utf-8")
            for file in target.rglob("*")
            if file.is_file()
        }
        self.assertEqual(exported.pop("analysis.py").strip(), HEADER.strip())
        self.assertEqual(exported, files)

    def test_import_dir_again(self) -> None:
        """import_dir replaces what is there with --overwrite"""
        self.write("in/train.py", HEADER + "print(1)")
        command = ["workspace", "import_dir", str(self.local / "in"), self.folder]
        self.databricks(*command)
        self.fail_cli("already exists", *command)
        self.databricks(*command, "--overwrite")

    def test_wrong_token(self) -> None:
        """a token that is not known is refused"""
        self.fail_cli(
            "Authorization failed", "workspace", "ls", "/", DATABRICKS_TOKEN="dapi-unknown"
        )


class Repos(CliCase):
    """databricks repos."""

    def test_life(self) -> None:
        """create, get, list, update and delete follow a Git folder by path and by id"""
        remote = GitRemote()
        self.addCleanup(remote.remove)
        first = remote.commit("train.py", HEADER + "print(1)", tag="v1")
        second = remote.commit("train.py", HEADER + "print(2)")
        other = remote.commit("train.py", HEADER + "print(3)", branch="feature/new")
        parent = f"/Repos/{self.folder.rsplit('/', 1)[1]}"
        path = f"{parent}/app"
        self.databricks("workspace", "mkdirs", parent)

        repo = self.databricks_json("repos", "create", "--url", remote.url, "--path", path)
        repo_id = str(repo["id"])
        self.assertEqual((repo["branch"], repo["head_commit_id"]), ("main", second))
        self.assertEqual(self.databricks_json("repos", "get", "--path", path), repo)
        listed = self.databricks_json("repos", "list", "--path-prefix", parent)
        self.assertEqual(listed, {"repos": [repo]})

        self.databricks("repos", "update", "--path", path, "--branch", "feature/new")
        repo = self.databricks_json("repos", "get", "--repo-id", repo_id)
        self.assertEqual((repo["branch"], repo["head_commit_id"]), ("feature/new", other))
        self.databricks("repos", "update", "--repo-id", repo_id, "--tag", "v1")
        repo = self.databricks_json("repos", "get", "--repo-id", repo_id)
        self.assertEqual(repo["head_commit_id"], first)
        self.fail_cli(
            "GIT_UNKNOWN_REF", *["repos", "update", "--repo-id", repo_id, "--branch", "nowhere"]
        )

        self.databricks("repos", "delete", "--path", path)
        self.fail_cli("Can't find repo ID", "repos", "get", "--path", path)
        self.fail_cli("RESOURCE_DOES_NOT_EXIST", "repos", "get", "--repo-id", repo_id)
