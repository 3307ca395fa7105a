import { createTaskContext } from '../../shared/pipeline/create-task-context';
import { runTask } from '../../shared/pipeline/run-task';
import { cleanUp } from './clean-up';
import manifest from './task.json';

void runTask(createTaskContext(manifest, { isPostJob: true }), cleanUp);
