import type { Expression } from '../expressions/parser';
import type { Position } from './problems';

/** A condition with its source text. */
export interface Condition {
  readonly text: string;
  readonly expression: Expression;
}

/** One entry of `variables:`; a value of the form `$[ ... ]` carries its parsed expression. */
export type VariableEntry =
  | {
      readonly kind: 'value';
      readonly name: string;
      readonly value: string;
      readonly runtime?: Expression;
      readonly isReadOnly: boolean;
      readonly at: Position;
    }
  | { readonly kind: 'group'; readonly name: string; readonly at: Position };

/** An input as written in the file. */
export interface InputEntry {
  readonly name: string;
  readonly value: string;
  readonly at: Position;
}

/** Restrictions of `target:` on logging commands. */
export interface StepTarget {
  readonly isRestricted: boolean;
  readonly settableVariables?: readonly string[];
}

/** What a step does. */
export type StepAction =
  | { readonly kind: 'task'; readonly reference: string; readonly inputs: readonly InputEntry[] }
  | {
      readonly kind: 'script';
      readonly shell: 'bash' | 'script';
      readonly script: string;
      readonly workingDirectory?: string;
      readonly failOnStderr: boolean;
    }
  | { readonly kind: 'checkout'; readonly repository: 'self' | 'none' }
  | { readonly kind: 'publish'; readonly path: string; readonly artifact: string }
  | { readonly kind: 'download'; readonly artifact?: string; readonly isNone: boolean };

/** A step; timeouts in minutes (0 = none). */
export interface StepDefinition {
  readonly action: StepAction;
  readonly name?: string;
  readonly displayName?: string;
  readonly condition?: Condition;
  readonly isEnabled: boolean;
  readonly continueOnError: boolean;
  readonly timeoutInMinutes: number;
  readonly retryCount: number;
  readonly env: ReadonlyMap<string, string>;
  readonly target?: StepTarget;
  readonly at: Position;
}

/** A leg of a matrix or a slice of `parallel`. */
export interface JobLeg {
  readonly name: string;
  readonly variables: ReadonlyMap<string, string>;
}

/** The hooks of a runOnce deployment, in the order in which they run. */
export type HookName =
  | 'preDeploy'
  | 'deploy'
  | 'routeTraffic'
  | 'postRouteTraffic'
  | 'success'
  | 'failure';

/** A set of steps that runs with directories of its own; a plain job has one without a name. */
export interface StepSequence {
  readonly hook?: HookName;
  readonly steps: readonly StepDefinition[];
}

/** The environment of a deployment job. */
export interface EnvironmentReference {
  readonly name: string;
  readonly resource?: string;
}

/** A job or a deployment job. */
export interface JobDefinition {
  readonly kind: 'job' | 'deployment';
  readonly name: string;
  readonly displayName?: string;
  readonly dependsOn: readonly Reference[];
  readonly condition?: Condition;
  readonly variables: readonly VariableEntry[];
  readonly sequences: readonly StepSequence[];
  readonly legs: readonly JobLeg[];
  readonly environment?: EnvironmentReference;
  readonly continueOnError: boolean;
  readonly timeoutInMinutes: number;
  readonly at: Position;
}

/** A name in `dependsOn`. */
export interface Reference {
  readonly name: string;
  readonly at: Position;
}

/** A stage. */
export interface StageDefinition {
  readonly name: string;
  readonly displayName?: string;
  readonly dependsOn: readonly Reference[];
  readonly condition?: Condition;
  readonly variables: readonly VariableEntry[];
  readonly jobs: readonly JobDefinition[];
  readonly at: Position;
}

/** A whole pipeline file. */
export interface PipelineDefinition {
  readonly file: string;
  readonly variables: readonly VariableEntry[];
  readonly stages: readonly StageDefinition[];
}

/** Name the service gives to the stage and job of a file that has none. */
export const DEFAULT_NAME = '__default';
