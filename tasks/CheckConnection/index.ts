import { createTaskContext } from '../../shared/pipeline/create-task-context';
import { runTask } from '../../shared/pipeline/run-task';
import { checkConnection } from './run';
import manifest from './task.json';

void runTask(createTaskContext(manifest), checkConnection);
