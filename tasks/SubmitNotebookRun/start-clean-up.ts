import { createTaskContext } from '../../shared/pipeline/create-task-context';
import { runTask } from '../../shared/pipeline/run-task';
import { cleanUpRuns } from '../../shared/pipeline/runs/post-job';
import manifest from './task.json';

void runTask(createTaskContext(manifest, { isPostJob: true }), (context) =>
  cleanUpRuns(context, { submits: true }),
);
