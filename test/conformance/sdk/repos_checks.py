"""Git folders and Git credentials."""

from __future__ import annotations

from databricks.sdk.errors import (
    BadRequest,
    DatabricksError,
    NotFound,
    PermissionDenied,
    ResourceAlreadyExists,
)
from databricks.sdk.service.workspace import ExportFormat, ImportFormat, ObjectType, SparseCheckout

from sdk.client import SdkCase
from support import HEADER, GitRemote, configure_git


class Repos(SdkCase):
    """repos, on a real remote."""

    def setUp(self) -> None:
        super().setUp()
        self.remote = GitRemote()
        self.addCleanup(self.remote.remove)
        self.first = self.remote.commit("train.py", HEADER + "print(1)", tag="v1")
        self.second = self.remote.commit("train.py", HEADER + "print(2)")
        self.other = self.remote.commit("new.py", HEADER + "print(3)", branch="feature/new")
        self.parent = f"/Repos/{self.folder.rsplit('/', 1)[1]}"
        self.w.workspace.mkdirs(self.parent)
        self.path = f"{self.parent}/app"

    def _create(self):
        return self.w.repos.create(self.remote.url, "gitHub", path=self.path)

    def _source(self) -> str:
        with self.w.workspace.download(f"{self.path}/train", format=ExportFormat.SOURCE) as file:
            return file.read().decode()

    def test_create(self) -> None:
        """create clones the default branch and tells id, path, branch and commit"""
        repo = self._create()

        self.assertEqual((repo.path, repo.branch), (self.path, "main"))
        self.assertEqual((repo.url, repo.provider), (self.remote.url, "gitHub"))
        self.assertEqual(repo.head_commit_id, self.second)
        self.assertEqual(self._source(), HEADER + "print(2)")
        status = self.w.workspace.get_status(self.path)
        self.assertEqual((status.object_type, status.object_id), (ObjectType.REPO, repo.id))

    def test_get(self) -> None:
        """get tells the same as create"""
        repo = self._create()
        self.assertEqual({**self.w.repos.get(repo.id).as_dict()}, {**repo.as_dict(), "id": repo.id})

    def test_list(self) -> None:
        """list finds a Git folder by its prefix"""
        repo = self._create()
        self.assertEqual([one.id for one in self.w.repos.list(path_prefix=self.parent)], [repo.id])
        self.assertIn(repo.id, [one.id for one in self.w.repos.list()])

    def test_list_pages(self) -> None:
        """list follows its pages of 20"""
        paths = {f"{self.parent}/app-{number}" for number in range(22)}
        for path in paths:
            self.w.repos.create(self.remote.url, "gitHub", path=path)
        found = [one.path for one in self.w.repos.list(path_prefix=self.parent)]
        self.assertEqual((len(found), set(found)), (22, paths))

    def test_update_branch(self) -> None:
        """update checks out another branch"""
        repo = self._create()
        self.w.repos.update(repo.id, branch="feature/new")

        after = self.w.repos.get(repo.id)
        self.assertEqual((after.branch, after.head_commit_id), ("feature/new", self.other))
        self.w.workspace.get_status(f"{self.path}/new")

    def test_update_pulls(self) -> None:
        """update to the same branch takes over what was pushed since"""
        repo = self._create()
        pushed = self.remote.commit("train.py", HEADER + "print(4)")
        self.w.repos.update(repo.id, branch="main")

        self.assertEqual(self.w.repos.get(repo.id).head_commit_id, pushed)
        self.assertEqual(self._source(), HEADER + "print(4)")

    def test_update_tag(self) -> None:
        """update checks out a tag, and no branch is named then"""
        repo = self._create()
        self.w.repos.update(repo.id, tag="v1")

        after = self.w.repos.get(repo.id)
        self.assertEqual((after.branch, after.head_commit_id), (None, self.first))
        self.assertEqual(self._source(), HEADER + "print(1)")

    def test_unknown_branch(self) -> None:
        """update to a branch that the remote has not is a BadRequest and changes nothing"""
        repo = self._create()
        with self.assertRaises(BadRequest) as caught:
            self.w.repos.update(repo.id, branch="nowhere")
        self.assertEqual(caught.exception.error_code, "GIT_UNKNOWN_REF")
        self.assertEqual(self.w.repos.get(repo.id).branch, "main")

    def test_delete(self) -> None:
        """delete removes the Git folder with its content"""
        repo = self._create()
        self.w.repos.delete(repo.id)

        with self.assertRaises(NotFound):
            self.w.repos.get(repo.id)
        with self.assertRaises(NotFound):
            self.w.workspace.get_status(self.path)

    def test_missing(self) -> None:
        """get, update and delete of an unknown id are NotFound"""
        calls = [
            lambda: self.w.repos.get(42),
            lambda: self.w.repos.update(42, branch="main"),
            lambda: self.w.repos.delete(42),
        ]
        for call in calls:
            with self.assertRaises(NotFound):
                call()

    def test_taken(self) -> None:
        """create where a Git folder is fails as already there"""
        self._create()
        with self.assertRaises(ResourceAlreadyExists):
            self._create()

    def test_no_parent(self) -> None:
        """create below a missing folder is NotFound"""
        with self.assertRaisesRegex(NotFound, "Parent directory .* does not exist"):
            self.w.repos.create(self.remote.url, "gitHub", path=f"{self.parent}-missing/app")

    def test_sparse(self) -> None:
        """create with a sparse checkout brings just its folders, and tells them again"""
        self.remote.commit("jobs/score.py", HEADER + "print(5)")
        sparse = SparseCheckout(patterns=["jobs"])
        repo = self.w.repos.create(
            self.remote.url, "gitHub", path=self.path, sparse_checkout=sparse
        )
        self.assertEqual(self.w.repos.get(repo.id).sparse_checkout.patterns, ["jobs"])
        self.w.workspace.get_status(f"{self.path}/jobs/score")

    def test_uncommitted(self) -> None:
        """update over an edited notebook is a conflict that changes nothing"""
        repo = self._create()
        edited = (HEADER + "print('edited')").encode()
        self.w.workspace.upload(
            f"{self.path}/train.py", edited, format=ImportFormat.AUTO, overwrite=True
        )
        with self.assertRaises(BadRequest) as caught:
            self.w.repos.update(repo.id, tag="v1")
        self.assertEqual(caught.exception.error_code, "GIT_CONFLICT")
        self.assertEqual(self._source(), edited.decode())


class GitCredentials(SdkCase):
    """git_credentials."""

    def setUp(self) -> None:
        super().setUp()
        for credential in self.w.git_credentials.list():
            self.w.git_credentials.delete(credential.credential_id)

    def test_life(self) -> None:
        """create, get, list, update and delete follow a credential; its token is never shown"""
        created = self.w.git_credentials.create(
            "gitHub", git_username="ada", personal_access_token="token-one"
        )
        self.assertEqual((created.git_provider, created.git_username), ("gitHub", "ada"))
        got = self.w.git_credentials.get(created.credential_id)
        self.assertEqual(got.git_username, "ada")
        self.assertNotIn("token-one", str(got.as_dict()))

        self.w.git_credentials.update(
            created.credential_id, "gitHub", git_username="grace", personal_access_token="token-two"
        )
        listed = [(one.credential_id, one.git_username) for one in self.w.git_credentials.list()]
        self.assertEqual(listed, [(created.credential_id, "grace")])

        self.w.git_credentials.delete(created.credential_id)
        self.assertEqual(list(self.w.git_credentials.list()), [])
        with self.assertRaises(NotFound):
            self.w.git_credentials.get(created.credential_id)

    def test_second(self) -> None:
        """a second credential for a provider is refused"""
        self.w.git_credentials.create("gitHub", git_username="a", personal_access_token="x")
        with self.assertRaisesRegex(DatabricksError, "already exists for provider gitHub"):
            self.w.git_credentials.create("gitHub", git_username="b", personal_access_token="y")

    def test_private_remote(self) -> None:
        """create of a private repository is PermissionDenied until there is a credential"""
        remote = GitRemote()
        self.addCleanup(remote.remove)
        remote.commit("train.py", HEADER + "print(1)")
        configure_git(protectedRemotes=[{"match": remote.url, "token": "secret-token"}])
        self.addCleanup(configure_git, protectedRemotes=[])
        parent = f"/Repos/{self.folder.rsplit('/', 1)[1]}"
        self.w.workspace.mkdirs(parent)

        with self.assertRaisesRegex(PermissionDenied, "Missing Git provider credentials"):
            self.w.repos.create(remote.url, "gitHub", path=f"{parent}/app")
        self.w.git_credentials.create(
            "gitHub", git_username="ada", personal_access_token="secret-token"
        )
        self.assertEqual(
            self.w.repos.create(remote.url, "gitHub", path=f"{parent}/app").branch, "main"
        )
