/** All that the page shows, embedded in it as JSON. */
export interface PreviewData {
  readonly extensionName: string;
  readonly extensionVersion: string;
  readonly tasks: readonly TaskForm[];
  readonly connections: readonly ConnectionForm[];
}

/** One task as the editor knows it. Texts that may hold Markdown are safe HTML (`…Html`). */
export interface TaskForm {
  /** Folder below tasks/, also the task's place in the address of the page (#RunNotebook). */
  readonly folder: string;
  readonly name: string;
  readonly friendlyName: string;
  readonly description: string;
  readonly helpHtml: string;
  readonly majorVersion: number;
  readonly instanceNameFormat: string;
  /** data: URL, or undefined while there is no icon.png. */
  readonly icon: string | undefined;
  readonly groups: readonly FormGroup[];
  readonly inputs: readonly FormInput[];
  readonly outputs: readonly { readonly name: string; readonly description: string }[];
}

export interface FormGroup {
  readonly name: string;
  readonly label: string;
  readonly isExpanded: boolean;
  readonly visibleRule: string | undefined;
}

export interface FormInput {
  readonly name: string;
  /** What YAML calls it: the first alias, else the name. */
  readonly yamlName: string;
  readonly type: string;
  readonly label: string;
  readonly helpHtml: string;
  readonly defaultValue: string;
  readonly isRequired: boolean;
  readonly groupName: string | undefined;
  readonly visibleRule: string | undefined;
  /** Lines of a multiLine input. */
  readonly rows: number;
  /** Whether text may be typed that is no option. */
  readonly isEditable: boolean;
  readonly options: readonly FormOption[];
  /** Set when the editor gets the options from a service connection. */
  readonly source: OptionSource | undefined;
}

export interface FormOption {
  readonly value: string;
  readonly label: string;
}

/** Options that depend on a service connection; the preview has invented ones. */
export interface OptionSource {
  /** Input that holds the connection; while it is empty, there are no options. */
  readonly connectionInput: string;
}

/** A type of service connection of vss-extension.json. */
export interface ConnectionForm {
  /** As in `connectedService:<name>`. */
  readonly name: string;
  readonly displayName: string;
  readonly helpHtml: string;
  readonly icon: string | undefined;
  /** undefined when the type hides the address. */
  readonly url: ConnectionField | undefined;
  /** What is asked whatever the scheme. */
  readonly fields: readonly ConnectionField[];
  readonly schemes: readonly ConnectionScheme[];
  readonly canVerify: boolean;
}

export interface ConnectionScheme {
  readonly label: string;
  readonly fields: readonly ConnectionField[];
}

export interface ConnectionField {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly isSecret: boolean;
  readonly isRequired: boolean;
  readonly isMultiLine: boolean;
  readonly defaultValue: string;
  readonly options: readonly FormOption[];
}
