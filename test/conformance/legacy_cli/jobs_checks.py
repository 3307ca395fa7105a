"""databricks runs, jobs, clusters and secrets."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from legacy_cli.command import CliCase, rows
from support import IDLE_CLUSTER, RUNNING_CLUSTER, add_fault, requests

ECHO = "dbutils.notebook.exit(dbutils.widgets.get('who') + '!')"
SLEEP = "import time\ntime.sleep(60)"
V21 = "--version=2.1"


def notebook_task(path: str, **parameters: str) -> Any:
    """The task fields of version 2.0."""
    return {
        "existing_cluster_id": RUNNING_CLUSTER,
        "notebook_task": {"notebook_path": path, "base_parameters": parameters},
    }


def tasks(path: str, **parameters: str) -> Any:
    """The same for versions 2.1 and up."""
    return {"tasks": [{"task_key": "main", **notebook_task(path, **parameters)}]}


class Runs(CliCase):
    """databricks runs."""

    def _submit(self, settings: Any, *more: str) -> str:
        body = json.dumps({"run_name": "conformance", **settings})
        return str(self.databricks_json("runs", "submit", "--json", body, *more)["run_id"])

    def test_submit(self) -> None:
        """submit, get and get-output of version 2.0 show one task at the top"""
        run_id = self._submit(notebook_task(self.put_notebook("echo", ECHO), who="Ada"))
        run = self.wait_for_run(run_id)
        self.assertEqual(run["state"]["result_state"], "SUCCESS")
        self.assertIn("notebook_task", run["task"])
        self.assertNotIn("tasks", run)
        output = self.databricks_json("runs", "get-output", "--run-id", run_id)
        self.assertEqual(output["notebook_output"], {"result": "Ada!", "truncated": False})

    def test_submit_21(self) -> None:
        """submit, get and get-output of version 2.1 work on task runs"""
        run_id = self._submit(tasks(self.put_notebook("echo", ECHO), who="Ada"), V21)
        run = self.wait_for_run(run_id, V21)
        [task] = run["tasks"]
        output = self.databricks_json("runs", "get-output", "--run-id", str(task["run_id"]), V21)
        self.assertEqual(output["notebook_output"]["result"], "Ada!")
        self.fail_cli(
            "multiple tasks is not supported", "runs", "get-output", "--run-id", run_id, V21
        )

    def test_wait(self) -> None:
        """submit --wait follows the run to its end"""
        body = json.dumps(notebook_task(self.put_notebook("quiet", "x = 1")))
        done = self.run_cli("runs", "submit", "--wait", "--json", body)
        self.assertEqual(done.exit_code, 0, done.output)
        self.assertIn("Waiting on run to complete", done.stderr)

    def test_wait_failure(self) -> None:
        """submit --wait fails when the notebook does"""
        body = json.dumps(notebook_task(self.put_notebook("broken", "1 / 0")))
        self.fail_cli("Run failed with state FAILED", "runs", "submit", "--wait", "--json", body)

    def test_failure(self) -> None:
        """get-output has error and trace of a notebook that raised"""
        run_id = self._submit(notebook_task(self.put_notebook("broken", "1 / 0")))
        state = self.wait_for_run(run_id)["state"]
        self.assertEqual(
            (state["life_cycle_state"], state["result_state"]), ("TERMINATED", "FAILED")
        )
        output = self.databricks_json("runs", "get-output", "--run-id", run_id)
        self.assertEqual(output["error"], "ZeroDivisionError: division by zero")
        self.assertIn("1 / 0", output["error_trace"])

    def test_cancel(self) -> None:
        """cancel ends a run as CANCELED"""
        run_id = self._submit(notebook_task(self.put_notebook("sleep", SLEEP)))
        self.databricks("runs", "cancel", "--run-id", run_id)
        self.assertEqual(self.wait_for_run(run_id)["state"]["result_state"], "CANCELED")

    def test_list(self) -> None:
        """list shows the runs as a table and as JSON"""
        run_id = self._submit(notebook_task(f"{self.folder}/nothing"))
        self.wait_for_run(run_id)
        [row] = [row for row in rows(self.databricks("runs", "list")) if row[0] == run_id]
        self.assertEqual(row[1:4], ["conformance", "INTERNAL_ERROR", "FAILED"])
        listed = self.databricks_json("runs", "list", "--output", "JSON", "--limit", "1000")
        self.assertIn(int(run_id), [run["run_id"] for run in listed["runs"]])
        active = self.databricks_json("runs", "list", "--output", "JSON", "--active-only")
        self.assertNotIn(int(run_id), [run["run_id"] for run in active.get("runs", [])])

    def test_missing(self) -> None:
        """get of an unknown run fails with the error of the workspace"""
        self.fail_cli("Run 42 does not exist", "runs", "get", "--run-id", "42")

    def test_rate_limit(self) -> None:
        """a 429 is repeated, submit included"""
        add_fault(
            "POST /api/2.0/jobs/runs/submit",
            "status",
            status=429,
            headers={"Retry-After": "1"},
            times=1,
        )
        run_id = self._submit(notebook_task(f"{self.folder}/nothing"))
        answers = [one["status"] for one in requests("POST", "/api/2.0/jobs/runs/submit")]
        self.assertEqual(answers, [429, 200])
        self.wait_for_run(run_id)


class Jobs(CliCase):
    """databricks jobs."""

    def _create(self, settings: Any, *more: str) -> str:
        body = json.dumps({"name": f"job-{uuid4().hex[:8]}", **settings})
        job_id = str(self.databricks_json("jobs", "create", "--json", body, *more)["job_id"])
        self.addCleanup(self.run_cli, "jobs", "delete", "--job-id", job_id)
        return job_id

    def test_life(self) -> None:
        """create, get, list, reset and delete of version 2.0 follow a job"""
        job_id = self._create(notebook_task("/Shared/x"))
        job = self.databricks_json("jobs", "get", "--job-id", job_id)
        self.assertEqual(job["settings"]["notebook_task"]["notebook_path"], "/Shared/x")
        self.assertNotIn("tasks", job["settings"])
        self.assertIn([job_id, job["settings"]["name"]], rows(self.databricks("jobs", "list")))

        new = json.dumps({"name": "renamed", **notebook_task("/Shared/y")})
        self.databricks("jobs", "reset", "--job-id", job_id, "--json", new)
        job = self.databricks_json("jobs", "get", "--job-id", job_id)
        self.assertEqual(job["settings"]["name"], "renamed")
        self.databricks("jobs", "delete", "--job-id", job_id)
        self.fail_cli(f"Job {job_id} does not exist", "jobs", "get", "--job-id", job_id)

    def test_list_21(self) -> None:
        """list --all of version 2.1 follows its pages by offset"""
        ids = {self._create(tasks("/Shared/x"), V21) for _ in range(3)}
        listed = self.databricks_json("jobs", "list", "--all", "--output", "JSON", V21)
        self.assertLessEqual(ids, {str(job["job_id"]) for job in listed["jobs"]})

    def test_run_now(self) -> None:
        """run-now starts a run with parameters"""
        job_id = self._create(notebook_task(self.put_notebook("echo", ECHO), who="nobody"))
        started = self.databricks_json(
            *["jobs", "run-now", "--job-id", job_id, "--notebook-params", '{"who": "Grace"}']
        )
        run_id = str(started["run_id"])
        self.wait_for_run(run_id)
        output = self.databricks_json("runs", "get-output", "--run-id", run_id)
        self.assertEqual(output["notebook_output"]["result"], "Grace!")


class Clusters(CliCase):
    """databricks clusters."""

    def test_list(self) -> None:
        """list shows ids, names and states"""
        table = rows(self.databricks("clusters", "list"))
        self.assertIn([RUNNING_CLUSTER, "Local cluster", "RUNNING"], table)

    def test_get(self) -> None:
        """get finds a cluster by id and by name"""
        by_id = self.databricks_json("clusters", "get", "--cluster-id", RUNNING_CLUSTER)
        by_name = self.databricks_json("clusters", "get", "--cluster-name", "Local cluster")
        self.assertEqual((by_id["cluster_id"], by_id["state"]), (RUNNING_CLUSTER, "RUNNING"))
        self.assertEqual(by_id, by_name)

    def test_start(self) -> None:
        """start and delete turn a cluster on and off"""
        self.databricks("clusters", "start", "--cluster-id", IDLE_CLUSTER)
        state = self.databricks_json("clusters", "get", "--cluster-id", IDLE_CLUSTER)["state"]
        self.assertIn(state, ("PENDING", "RUNNING"))
        self.databricks("clusters", "delete", "--cluster-id", IDLE_CLUSTER)
        state = self.databricks_json("clusters", "get", "--cluster-id", IDLE_CLUSTER)["state"]
        self.assertEqual(state, "TERMINATED")

    def test_choices(self) -> None:
        """spark-versions and list-node-types show what there is"""
        versions = self.databricks_json("clusters", "spark-versions")["versions"]
        self.assertIn("15.4.x-scala2.12", [version["key"] for version in versions])
        types = self.databricks_json("clusters", "list-node-types")["node_types"]
        self.assertIn("Standard_DS3_v2", [type["node_type_id"] for type in types])

    def test_policies_and_pools(self) -> None:
        """cluster-policies list and instance-pools list show what there is"""
        self.assertIn("Job Compute", self.databricks("cluster-policies", "list"))
        self.assertIn("Pool DS3 v2", self.databricks("instance-pools", "list"))


class Secrets(CliCase):
    """databricks secrets."""

    def test_life(self) -> None:
        """create-scope, put, list, delete and delete-scope follow a secret"""
        scope = f"scope-{uuid4().hex}"
        self.databricks(
            *["secrets", "create-scope", "--scope", scope, "--initial-manage-principal", "users"]
        )
        self.assertIn(scope, self.databricks("secrets", "list-scopes"))
        self.databricks(
            *["secrets", "put", "--scope", scope, "--key", "password", "--string-value", "x"]
        )
        self.assertIn("password", self.databricks("secrets", "list", "--scope", scope))
        self.databricks("secrets", "delete", "--scope", scope, "--key", "password")
        self.assertNotIn("password", self.databricks("secrets", "list", "--scope", scope))
        self.databricks("secrets", "delete-scope", "--scope", scope)
        self.assertNotIn(scope, self.databricks("secrets", "list-scopes"))
