"""Saved jobs, run_now and the lists of jobs and runs."""

from __future__ import annotations

from uuid import uuid4

from databricks.sdk.errors import InvalidParameterValue, NotFound, OperationFailed
from databricks.sdk.service.jobs import (
    JobParameterDefinition,
    JobSettings,
    RunLifeCycleState,
    RunType,
)

from sdk.runs import ECHO, SLEEP, WAIT, JobsCase


class Jobs(JobsCase):
    """Saved jobs."""

    def test_life(self) -> None:
        """create, get, update, reset and delete follow a job"""
        path = self.put_notebook("quiet", "x = 1")
        job_id = self.w.jobs.create(
            name="nightly", tasks=[self.job_task(path)], tags={"team": "ml"}
        ).job_id
        settings = self.w.jobs.get(job_id).settings
        self.assertEqual((settings.name, settings.tags), ("nightly", {"team": "ml"}))
        self.assertEqual(settings.tasks[0].notebook_task.notebook_path, path)

        self.w.jobs.update(
            job_id, new_settings=JobSettings(name="weekly"), fields_to_remove=["tags"]
        )
        settings = self.w.jobs.get(job_id).settings
        self.assertEqual((settings.name, settings.tags), ("weekly", None))
        self.assertEqual(len(settings.tasks), 1)

        self.w.jobs.reset(job_id, JobSettings(name="new", tasks=[self.job_task(path, key="only")]))
        settings = self.w.jobs.get(job_id).settings
        self.assertEqual([settings.name, settings.tasks[0].task_key], ["new", "only"])

        self.w.jobs.delete(job_id)
        with self.assertRaises(NotFound):
            self.w.jobs.get(job_id)

    def test_list(self) -> None:
        """list finds a job by its name, follows its pages and shows tasks when asked"""
        name = f"list-{uuid4().hex}"
        tasks = [self.job_task("/x")]
        ids = {self.create_job(name, tasks) for _ in range(5)}

        self.assertEqual({job.job_id for job in self.w.jobs.list(name=name.upper(), limit=2)}, ids)
        with_tasks = list(self.w.jobs.list(name=name, limit=2, expand_tasks=True))
        self.assertEqual([job.settings.tasks[0].task_key for job in with_tasks], ["main"] * 5)
        self.assertFalse(next(iter(self.w.jobs.list(name=name))).settings.tasks)

    def test_run_now(self) -> None:
        """run_now(...).result() runs a job with the parameters of the call"""
        path = self.put_notebook("echo", ECHO)
        job_id = self.create_job("echo", [self.job_task(path, who="nobody")])
        run = self.w.jobs.run_now(job_id, notebook_params={"who": "Grace"}).result(timeout=WAIT)

        self.assertEqual(self.exit_value(run), "Grace!")
        self.assertEqual((run.job_id, run.run_type), (job_id, RunType.JOB_RUN))
        self.assertEqual(run.overriding_parameters.notebook_params, {"who": "Grace"})

    def test_job_parameters(self) -> None:
        """run_now passes job parameters, and refuses those the job has not"""
        path = self.put_notebook("echo", ECHO)
        parameter = JobParameterDefinition(name="who", default="Ada")
        job_id = self.create_job("echo", [self.job_task(path)], parameters=[parameter])
        default = self.w.jobs.run_now_and_wait(job_id, timeout=WAIT)
        given = self.w.jobs.run_now_and_wait(job_id, job_parameters={"who": "Eve"}, timeout=WAIT)

        self.assertEqual([self.exit_value(default), self.exit_value(given)], ["Ada!", "Eve!"])
        [shown] = given.job_parameters
        self.assertEqual((shown.name, shown.default, shown.value), ("who", "Ada", "Eve"))
        with self.assertRaises(InvalidParameterValue):
            self.w.jobs.run_now(job_id, job_parameters={"where": "here"})

    def test_skipped(self) -> None:
        """a run beyond max_concurrent_runs is SKIPPED"""
        path = self.put_notebook("sleep", SLEEP)
        job_id = self.create_job("one at a time", [self.job_task(path)])
        first = self.w.jobs.run_now(job_id)
        second = self.w.jobs.run_now(job_id).result(timeout=WAIT)
        self.assertEqual(second.state.life_cycle_state, RunLifeCycleState.SKIPPED)
        self.w.jobs.cancel_run_and_wait(first.run_id, timeout=WAIT)

    def test_many_tasks(self) -> None:
        """get collects the pages of a job with more than 100 tasks"""
        tasks = [self.job_task("/x", key=f"task-{n}") for n in range(103)]
        job_id = self.create_job("many", tasks)
        self.assertEqual(len(self.w.jobs.get(job_id).settings.tasks), 103)
        [listed] = self.w.jobs.list(name="many", expand_tasks=True)
        self.assertEqual(len(listed.settings.tasks), 103)

    def test_missing(self) -> None:
        """calls about jobs and runs that do not exist fail as on the service"""
        not_found = [
            lambda: self.w.jobs.get(42),
            lambda: self.w.jobs.get_run(42),
            lambda: self.w.jobs.get_run_output(42),
        ]
        for call in not_found:
            with self.assertRaisesRegex(NotFound, "42 does not exist"):
                call()
        invalid = [
            lambda: self.w.jobs.run_now(42),
            lambda: self.w.jobs.cancel_run(42),
            lambda: self.w.jobs.delete(42),
        ]
        for call in invalid:
            with self.assertRaisesRegex(InvalidParameterValue, "42 does not exist"):
                call()


class ListRuns(JobsCase):
    """list_runs."""

    def setUp(self) -> None:
        super().setUp()
        self.job_id = self.create_job(
            "runs", [self.job_task(f"{self.folder}/nothing")], max_concurrent_runs=10
        )
        self.started = [self.w.jobs.run_now(self.job_id) for _ in range(5)]
        for waiter in self.started:
            with self.assertRaises(OperationFailed):
                waiter.result(timeout=WAIT)
        self.ids = [waiter.run_id for waiter in reversed(self.started)]

    def test_pages(self) -> None:
        """list_runs follows its pages, newest first"""
        runs = list(self.w.jobs.list_runs(job_id=self.job_id, limit=2))
        self.assertEqual([run.run_id for run in runs], self.ids)
        self.assertFalse(runs[0].tasks)

    def test_filters(self) -> None:
        """list_runs filters by state, type and time, and shows tasks when asked"""
        completed = self.w.jobs.list_runs(job_id=self.job_id, completed_only=True)
        self.assertEqual([run.run_id for run in completed], self.ids)
        active = self.w.jobs.list_runs(job_id=self.job_id, active_only=True)
        self.assertEqual(list(active), [])
        submitted = self.w.jobs.list_runs(job_id=self.job_id, run_type=RunType.SUBMIT_RUN)
        self.assertEqual(list(submitted), [])
        since = self.w.jobs.get_run(self.ids[0]).start_time
        recent = self.w.jobs.list_runs(job_id=self.job_id, start_time_from=since)
        self.assertIn(self.ids[0], [run.run_id for run in recent])
        expanded = self.w.jobs.list_runs(job_id=self.job_id, expand_tasks=True, limit=3)
        self.assertEqual([run.tasks[0].task_key for run in expanded], ["main"] * 5)
