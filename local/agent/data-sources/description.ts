import type { Clock } from '../clock';
import type { ServiceConnection, SettingsSource } from '../settings-file';
import type { Choice } from './task-form';

/** What to describe, and with which values. Paths are relative to the current folder. */
export interface DescribeOptions {
  /** `Name`, `Name@1` or the folder of a task; `connection` or the name of a type of service connection. */
  readonly subject: string;
  readonly connections?: SettingsSource;
  /** Folder of the tasks; default `dist/tasks`. */
  readonly tasksDir?: string;
  /** Manifest of the extension; default: that of the package the tasks are in, else vss-extension.json. */
  readonly extension?: string;
  /** Values of inputs, by name or alias; of a type of service connection the parameters of its data sources. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
}

/** What a data source gave for a list, or why there is none. */
export interface DescribedList {
  /** Name of the data source; of a request within the binding `(own request)`. */
  readonly source: string;
  /** Name of the service connection; undefined when there is none. */
  readonly connection: string | undefined;
  readonly entries: readonly Choice[];
  readonly calls: number;
  /** There are more entries than the service fetches. */
  readonly isCut: boolean;
  /** What the resultTemplate gave that is no entry, with the reason. */
  readonly invalid: readonly string[];
  /** How many shown texts hold HTML entities, because the resultTemplate writes a variable in two braces. */
  readonly encodedCount: number;
  /** Variables of the resultTemplate that no item has. */
  readonly missing: readonly string[];
  /** Why there is no list. */
  readonly reason?: string;
  /** True when the reason is a failure and not a value that is yet to be chosen. */
  readonly isFailed: boolean;
  /** What may be wrong with the URL of the connection. */
  readonly urlRemark?: string;
}

/** An input as the classic editor shows it. `isVisible` is undefined where a variable decides. */
export interface DescribedInput {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly defaultValue: string;
  /** The value given, chosen or by default. */
  readonly value: string;
  readonly isRequired: boolean;
  readonly isVisible: boolean | undefined;
  readonly isEditable: boolean;
  readonly options: readonly Choice[];
  readonly list?: DescribedList;
}

/** A group of inputs; the first one, of those in no group, has no name. */
export interface DescribedGroup {
  readonly name: string;
  readonly label: string;
  readonly isExpanded: boolean;
  readonly inputs: readonly DescribedInput[];
}

/** The form of a task, filled in. */
export interface TaskDescription {
  readonly kind: 'task';
  readonly name: string;
  readonly version: string;
  readonly friendlyName: string;
  readonly groups: readonly DescribedGroup[];
  /** What the service would refuse or silently ignore. */
  readonly problems: readonly string[];
}

/** What Verify and each data source of a type give through one connection. */
export interface ConnectionDescription {
  readonly kind: 'connection';
  readonly type: string;
  readonly displayName: string;
  readonly connections: readonly {
    readonly name: string;
    /** What may be wrong with its URL. */
    readonly urlRemark?: string;
    /** `OK, HTTP 200`, or `failed: …`, or that the type has no TestConnection. */
    readonly verify: string;
    readonly isVerified: boolean;
    readonly sources: readonly {
      readonly name: string;
      readonly count: number;
      readonly calls: number;
      readonly isCut: boolean;
      readonly reason?: string;
    }[];
  }[];
  readonly problems: readonly string[];
}

/** What is known of a task, or of a type of service connection. */
export type Description = TaskDescription | ConnectionDescription;

/** What the lists are fetched with. */
export interface Setup {
  readonly connections: readonly ServiceConnection[];
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Replaces the secrets of all connections. */
  readonly mask: (text: string) => string;
}
