"""What the checks of runs and of jobs share."""

from __future__ import annotations

import datetime
from typing import Any, List, Optional

from databricks.sdk.service.jobs import (
    NotebookTask,
    Run,
    RunLifeCycleState,
    RunResultState,
    SubmitTask,
    Task,
)

from sdk.client import SdkCase
from support import RUNNING_CLUSTER

WAIT = datetime.timedelta(minutes=1)
ECHO = "dbutils.notebook.exit(dbutils.widgets.get('who') + '!')"
SLEEP = "import time\ntime.sleep(60)"


class JobsCase(SdkCase):
    """Notebooks and tasks for runs."""

    def task(self, path: str, key: str = "main", **parameters: str) -> SubmitTask:
        notebook = NotebookTask(notebook_path=path, base_parameters=parameters)
        return SubmitTask(task_key=key, existing_cluster_id=RUNNING_CLUSTER, notebook_task=notebook)

    def job_task(self, path: str, key: str = "main", **parameters: str) -> Task:
        notebook = NotebookTask(notebook_path=path, base_parameters=parameters)
        return Task(task_key=key, existing_cluster_id=RUNNING_CLUSTER, notebook_task=notebook)

    def create_job(self, name: str, tasks: List[Task], **settings: Any) -> int:
        job_id = self.w.jobs.create(name=name, tasks=tasks, **settings).job_id
        self.addCleanup(self.w.jobs.delete, job_id)
        return job_id

    def exit_value(self, run: Run, task: int = 0) -> Optional[str]:
        return self.w.jobs.get_run_output(run.tasks[task].run_id).notebook_output.result

    def assert_ended(self, run: Run, state: str, result: str) -> None:
        actual = (run.state.life_cycle_state, run.state.result_state)
        self.assertEqual(actual, (RunLifeCycleState[state], RunResultState[result]))
