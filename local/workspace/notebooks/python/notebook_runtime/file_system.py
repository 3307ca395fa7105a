"""dbutils.fs on folders of this machine: dbfs:/ (also /Volumes), file:/ and /Workspace."""

from __future__ import annotations

import os
import posixpath
import shutil
from typing import Any, List, NamedTuple

from .workspace_tree import WorkspaceTree


class FileInfo(NamedTuple):
    """An entry, as `ls` gives it. Folders end in `/` and have size 0."""

    path: str
    name: str
    size: int
    modificationTime: int

    def isDir(self) -> bool:
        """Whether it is a folder."""
        return self.name.endswith("/")

    def isFile(self) -> bool:
        """Whether it is a file."""
        return not self.isDir()


class FileNotFoundException(Exception):
    """java.io.FileNotFoundException as seen from Python."""

    def __init__(self, path: str) -> None:
        super().__init__(f"No such file or directory: {path}")


class FileAlreadyExistsException(Exception):
    """The target of put exists, and overwriting was not asked for."""


class FileSystem:
    """The members of dbutils.fs that need no cluster. A path without scheme is one of dbfs:/."""

    def __init__(self, dbfs_dir: str, tree: WorkspaceTree) -> None:
        self._dbfs_dir = dbfs_dir
        self._tree = tree

    def ls(self, path: str) -> List[FileInfo]:
        """The entries of a folder by name, or the file itself."""
        local = self._existing(path)
        if not os.path.isdir(local):
            return [_info(local, _with_scheme(path))]
        base = _with_scheme(path).rstrip("/")
        base = base + "/" if base.endswith(":") else base
        return [
            _info(os.path.join(local, name), f"{base.rstrip('/')}/{name}")
            for name in sorted(os.listdir(local))
        ]

    def head(self, file: str, max_bytes: int = 65536) -> str:
        """The first bytes of a file as text."""
        with open(self._existing(file), "rb") as stream:
            content = stream.read(max_bytes + 1)
        if len(content) > max_bytes:
            print(f"[Truncated to first {max_bytes} bytes]")
        return content[:max_bytes].decode("utf-8", "replace")

    def put(self, file: str, contents: str, overwrite: bool = False) -> bool:
        """Writes a text file, with its folders."""
        local = self._local(file)
        if os.path.exists(local) and not overwrite:
            raise FileAlreadyExistsException(f"{_with_scheme(file)} already exists")
        os.makedirs(os.path.dirname(local), exist_ok=True)
        content = contents.encode("utf-8")
        with open(local, "wb") as stream:
            stream.write(content)
        print(f"Wrote {len(content)} bytes.")
        return True

    def mkdirs(self, dir: str) -> bool:
        """Makes a folder and its parents."""
        os.makedirs(self._local(dir), exist_ok=True)
        return True

    def cp(self, from_: str, to: str, recurse: bool = False) -> bool:
        """Copies a file, or with `recurse` a folder."""
        source, target = self._existing(from_), self._local(to)
        if os.path.isdir(source):
            if not recurse:
                raise IsADirectoryError(f"Cannot copy the folder {from_} without recurse=True")
            shutil.copytree(source, target, dirs_exist_ok=True)
            return True
        if os.path.isdir(target):
            target = os.path.join(target, os.path.basename(source))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(source, target)
        return True

    def mv(self, from_: str, to: str, recurse: bool = False) -> bool:
        """Copies and then removes."""
        self.cp(from_, to, recurse)
        return self.rm(from_, recurse)

    def rm(self, dir: str, recurse: bool = False) -> bool:
        """Removes a file, an empty folder, or with `recurse` a full one; False if there is none."""
        local = self._local(dir)
        if not os.path.lexists(local):
            return False
        if not os.path.isdir(local):
            os.remove(local)
        elif recurse:
            shutil.rmtree(local)
        else:
            os.rmdir(local)
        return True

    def _existing(self, path: str) -> str:
        local = self._local(path)
        if not os.path.exists(local):
            raise FileNotFoundException(_with_scheme(path))
        return local

    def _local(self, path: str) -> str:
        scheme, _, rest = _with_scheme(path).partition(":")
        clean = posixpath.normpath("/" + rest.lstrip("/"))
        if clean == "/Workspace" or clean.startswith("/Workspace/"):
            return self._tree.local_path(clean)
        if scheme == "file" and not clean.startswith("/dbfs/"):
            return rest.lstrip("/") if os.name == "nt" else clean
        inside = clean[len("/dbfs") :] if scheme == "file" else clean
        return os.path.join(self._dbfs_dir, *inside.strip("/").split("/"))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"dbutils.fs.{name} is not available in the local workspace")


def _with_scheme(path: str) -> str:
    if path.startswith(("dbfs:/", "file:/")):
        return path
    if path.startswith("/"):
        return "dbfs:" + path
    if ":" in path.split("/")[0]:
        raise ValueError(f"The local workspace reads dbfs:/ and file:/ paths only: {path}")
    return "dbfs:/" + path


def _info(local: str, path: str) -> FileInfo:
    status = os.stat(local)
    modified = int(status.st_mtime * 1000)
    name = posixpath.basename(path.rstrip("/"))
    if os.path.isdir(local):
        return FileInfo(path.rstrip("/") + "/", name + "/", 0, modified)
    return FileInfo(path, name, status.st_size, modified)
