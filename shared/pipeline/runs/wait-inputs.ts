import type { InputReader } from '../inputs/input-reader';

/** How to wait, and what to do in the end. */
export interface WaitInputs {
  /** Undefined = as long as the job may run. */
  readonly waitTimeoutMs: number | undefined;
  readonly onTimeout: 'cancel' | 'leave';
  readonly cancelOnPipelineCancel: boolean;
  readonly allowPartialSuccess: boolean;
  readonly publishSummary: boolean;
}

/** Reads the inputs that WaitForRun and RunNotebook share. Problems are noted in the reader. */
export function readWaitInputs(input: InputReader): WaitInputs {
  const waitTimeoutMs = input.minutesAsMs('waitTimeoutMinutes', 0);
  return {
    waitTimeoutMs: waitTimeoutMs === 0 ? undefined : waitTimeoutMs,
    onTimeout: input.choice('onTimeout', ['cancel', 'leave']),
    cancelOnPipelineCancel: input.boolean('cancelOnPipelineCancel', true),
    allowPartialSuccess: input.boolean('allowPartialSuccess', false),
    publishSummary: input.boolean('publishSummary', true),
  };
}
