import { createTaskContext } from '../../shared/pipeline/create-task-context';
import { runTask } from '../../shared/pipeline/run-task';
import { keepHeapSmall } from '../../shared/pipeline/small-heap';
import { importNotebooks } from './run';
import manifest from './task.json';

keepHeapSmall();
void runTask(createTaskContext(manifest), importNotebooks);
