"""Runs: submit, their outputs and ends, cancel, with the SDK's waiters."""

from __future__ import annotations

from typing import List
from uuid import uuid4

from databricks.sdk.errors import (
    DatabricksError,
    InvalidParameterValue,
    NotFound,
    OperationFailed,
)
from databricks.sdk.service.compute import ClusterSpec
from databricks.sdk.service.jobs import (
    NotebookTask,
    Run,
    RunResultState,
    RunType,
    SubmitTask,
    TaskDependency,
    ViewsToExport,
    ViewType,
)

from sdk.runs import ECHO, SLEEP, WAIT, JobsCase
from support import IDLE_CLUSTER, RUNNING_CLUSTER, USER


class Submit(JobsCase):
    """submit, the outputs, and what is seen of a run."""

    def test_success(self) -> None:
        """submit(...).result() waits for a notebook, and get_run_output has its exit value"""
        path = self.put_notebook("echo", ECHO)
        waiter = self.w.jobs.submit(run_name="conformance", tasks=[self.task(path, who="Ada")])
        seen: List[Run] = []
        run = waiter.result(timeout=WAIT, callback=seen.append)

        self.assertEqual(run.run_id, waiter.run_id)
        self.assert_ended(run, "TERMINATED", "SUCCESS")
        self.assertEqual(self.exit_value(run), "Ada!")
        self.assertEqual((run.run_name, run.run_type), ("conformance", RunType.SUBMIT_RUN))
        self.assertEqual(run.creator_user_name, USER)
        self.assertIn(f"/run/{run.run_id}", run.run_page_url)
        self.assertGreaterEqual(run.end_time, run.start_time)
        [task] = run.tasks
        self.assertNotEqual(task.run_id, run.run_id)
        self.assertEqual(task.cluster_instance.cluster_id, RUNNING_CLUSTER)
        self.assertEqual(task.notebook_task.notebook_path, path)
        self.assertEqual(run.status.termination_details.code.value, "SUCCESS")

    def test_and_wait(self) -> None:
        """submit_and_wait returns the run that has ended"""
        path = self.put_notebook("quiet", "x = 1")
        run = self.w.jobs.submit_and_wait(tasks=[self.task(path)], timeout=WAIT)

        self.assert_ended(run, "TERMINATED", "SUCCESS")
        self.assertIsNone(self.exit_value(run))

    def test_failure(self) -> None:
        """a notebook that raises makes the waiter fail, and get_run_output has error and trace"""
        path = self.put_notebook("broken", "def f():\n    raise ValueError('no data')\nf()")
        waiter = self.w.jobs.submit(tasks=[self.task(path)])
        with self.assertRaisesRegex(
            OperationFailed, "got RunLifeCycleState.INTERNAL_ERROR: Task main failed with message"
        ):
            waiter.result(timeout=WAIT)

        run = self.w.jobs.get_run(waiter.run_id)
        self.assert_ended(run, "INTERNAL_ERROR", "FAILED")
        output = self.w.jobs.get_run_output(run.tasks[0].run_id)
        self.assertEqual(output.error, "ValueError: no data")
        self.assertIn("raise ValueError('no data')", output.error_trace)
        self.assertEqual(output.metadata.state.result_state, RunResultState.FAILED)

    def test_missing_notebook(self) -> None:
        """a notebook that does not exist fails the run"""
        waiter = self.w.jobs.submit(tasks=[self.task(f"{self.folder}/nothing")])
        with self.assertRaisesRegex(OperationFailed, "Unable to access the notebook"):
            waiter.result(timeout=WAIT)

    def test_output_of_parent(self) -> None:
        """get_run_output of the run with tasks is refused"""
        path = self.put_notebook("quiet", "x = 1")
        waiter = self.w.jobs.submit(tasks=[self.task(path)])
        with self.assertRaisesRegex(InvalidParameterValue, "multiple tasks is not supported"):
            self.w.jobs.get_run_output(waiter.run_id)
        waiter.result(timeout=WAIT)

    def test_dependent_tasks(self) -> None:
        """tasks run in the order of depends_on and pass values on"""
        first = self.put_notebook("first", "dbutils.jobs.taskValues.set('answer', 42)")
        second = self.put_notebook("second", ECHO)
        follower = self.task(second, key="second", who="{{tasks.first.values.answer}}")
        follower.depends_on = [TaskDependency(task_key="first")]
        run = self.w.jobs.submit_and_wait(
            tasks=[follower, self.task(first, key="first")], timeout=WAIT
        )

        tasks = {task.task_key: task for task in run.tasks}
        self.assertEqual(tasks["second"].depends_on[0].task_key, "first")
        output = self.w.jobs.get_run_output(tasks["second"].run_id)
        self.assertEqual(output.notebook_output.result, "42!")

    def test_upstream_failed(self) -> None:
        """a task whose upstream failed is UPSTREAM_FAILED, and the run says so"""
        broken = self.put_notebook("broken", "1 / 0")
        quiet = self.put_notebook("quiet", "x = 1")
        follower = self.task(quiet, key="second")
        follower.depends_on = [TaskDependency(task_key="first")]
        waiter = self.w.jobs.submit(tasks=[self.task(broken, key="first"), follower])
        with self.assertRaisesRegex(OperationFailed, "downstream tasks"):
            waiter.result(timeout=WAIT)
        states = {
            task.task_key: task.state.result_state
            for task in self.w.jobs.get_run(waiter.run_id).tasks
        }
        self.assertEqual(states["second"], RunResultState.UPSTREAM_FAILED)

    def test_job_cluster(self) -> None:
        """a run on a new cluster tells its id, and the cluster is gone afterwards"""
        path = self.put_notebook("quiet", "x = 1")
        cluster = ClusterSpec(
            spark_version="15.4.x-scala2.12", node_type_id="Standard_DS3_v2", num_workers=1
        )
        task = SubmitTask(
            task_key="main", new_cluster=cluster, notebook_task=NotebookTask(notebook_path=path)
        )
        run = self.w.jobs.submit_and_wait(tasks=[task], timeout=WAIT)

        used = self.w.clusters.get(run.tasks[0].cluster_instance.cluster_id)
        self.assertEqual((used.state.value, used.cluster_source.value), ("TERMINATED", "JOB"))

    def test_serverless(self) -> None:
        """a notebook task without cluster runs"""
        path = self.put_notebook("echo", ECHO)
        notebook = NotebookTask(notebook_path=path, base_parameters={"who": "Ada"})
        run = self.w.jobs.submit_and_wait(
            tasks=[SubmitTask(task_key="main", notebook_task=notebook)], timeout=WAIT
        )
        self.assertEqual(self.exit_value(run), "Ada!")

    def test_terminated_cluster(self) -> None:
        """a run starts the cluster that it needs"""
        self.w.clusters.delete(IDLE_CLUSTER).result(timeout=WAIT)
        path = self.put_notebook("quiet", "x = 1")
        task = self.task(path)
        task.existing_cluster_id = IDLE_CLUSTER
        run = self.w.jobs.submit_and_wait(tasks=[task], timeout=WAIT)
        self.assert_ended(run, "TERMINATED", "SUCCESS")

    def test_idempotency(self) -> None:
        """the same idempotency_token gives the same run"""
        path = self.put_notebook("quiet", "x = 1")
        token = uuid4().hex
        first = self.w.jobs.submit(tasks=[self.task(path)], idempotency_token=token)
        again = self.w.jobs.submit(tasks=[self.task(path)], idempotency_token=token)
        self.assertEqual(first.run_id, again.run_id)
        first.result(timeout=WAIT)

    def test_timeout(self) -> None:
        """timeout_seconds ends the run as TIMEDOUT"""
        path = self.put_notebook("sleep", SLEEP)
        run = self.w.jobs.submit_and_wait(tasks=[self.task(path)], timeout_seconds=1, timeout=WAIT)
        self.assert_ended(run, "TERMINATED", "TIMEDOUT")

    def test_many_tasks(self) -> None:
        """get_run collects the pages of a run with more than 100 tasks"""
        tasks = [self.task(f"{self.folder}/nothing", key=f"task-{n}") for n in range(103)]
        waiter = self.w.jobs.submit(tasks=tasks)
        with self.assertRaises(OperationFailed):
            waiter.result(timeout=WAIT)
        self.assertEqual(len(self.w.jobs.get_run(waiter.run_id).tasks), 103)

    def test_invalid(self) -> None:
        """settings that make no run are InvalidParameterValue"""
        task = self.task("/x")
        twice = [task, task]
        circle = self.task("/x", key="a")
        circle.depends_on = [TaskDependency(task_key="a")]
        cases = {
            "same key": {"tasks": twice},
            "circle": {"tasks": [circle]},
            "no type": {"tasks": [SubmitTask(task_key="main")]},
            "long token": {"tasks": [task], "idempotency_token": "x" * 65},
        }
        for name, settings in cases.items():
            with self.subTest(name), self.assertRaises(InvalidParameterValue):
                self.w.jobs.submit(**settings)

    def test_export(self) -> None:
        """export_run shows the notebook as HTML"""
        path = self.put_notebook("quiet", "x = 1")
        run = self.w.jobs.submit_and_wait(tasks=[self.task(path)], timeout=WAIT)
        exported = self.w.jobs.export_run(run.tasks[0].run_id, views_to_export=ViewsToExport.CODE)
        [view] = exported.views
        self.assertEqual((view.name, view.type), ("quiet", ViewType.NOTEBOOK))
        self.assertIn("<!DOCTYPE html>", view.content)


class Cancel(JobsCase):
    """cancel_run and cancel_all_runs."""

    def _running(self) -> int:
        path = self.put_notebook("sleep", SLEEP)
        waiter = self.w.jobs.submit(tasks=[self.task(path)])
        return waiter.run_id

    def test_waiter(self) -> None:
        """cancel_run(...).result() waits until the run is CANCELED"""
        run = self.w.jobs.cancel_run(self._running()).result(timeout=WAIT)
        self.assert_ended(run, "TERMINATED", "CANCELED")
        self.assertTrue(run.state.user_cancelled_or_timedout)

    def test_again(self) -> None:
        """cancelling a run that has ended changes nothing"""
        run_id = self._running()
        self.w.jobs.cancel_run_and_wait(run_id, timeout=WAIT)
        again = self.w.jobs.cancel_run_and_wait(run_id, timeout=WAIT)
        self.assert_ended(again, "TERMINATED", "CANCELED")

    def test_all(self) -> None:
        """cancel_all_runs ends all runs of a job"""
        path = self.put_notebook("sleep", SLEEP)
        job_id = self.create_job("sleepers", [self.job_task(path)], max_concurrent_runs=2)
        runs = [self.w.jobs.run_now(job_id) for _ in range(2)]
        self.w.jobs.cancel_all_runs(job_id=job_id)
        for waiter in runs:
            self.assert_ended(waiter.result(timeout=WAIT), "TERMINATED", "CANCELED")

    def test_delete(self) -> None:
        """delete_run refuses an active run and forgets one that has ended"""
        run_id = self._running()
        with self.assertRaises(DatabricksError):
            self.w.jobs.delete_run(run_id)
        self.w.jobs.cancel_run_and_wait(run_id, timeout=WAIT)
        self.w.jobs.delete_run(run_id)
        with self.assertRaises(NotFound):
            self.w.jobs.get_run(run_id)
