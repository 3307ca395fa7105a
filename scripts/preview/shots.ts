/** A screenshot for the Marketplace: what is chosen and filled in, as a user would do it. */
export interface Shot {
  /** Without extension. */
  readonly name: string;
  /** Part of the address: folder of a task, or `connection:` and a type. */
  readonly place: string;
  readonly showsYaml: boolean;
  /** Groups to open. */
  readonly groups: readonly string[];
  /** Values by the name of the input, options by their label; true and false check and uncheck. */
  readonly values: Readonly<Record<string, string | boolean>>;
  /** Button to press in the end, by its text. */
  readonly press?: string;
  /** Input whose list of options is open in the end. */
  readonly openList?: string;
  /** Input whose help text is open in the end. */
  readonly openHelp?: string;
}

/** Values that make the other steps of the list look like a pipeline. */
export const pipeline: Readonly<Record<string, Shot['values']>> = {
  ImportNotebooks: {
    displayName: 'Import the notebooks',
    sourceFolder: 'app/notebooks',
    targetFolder: '/Shared/credit-scoring',
  },
  RunNotebook: {
    displayName: 'Run the integration test',
    notebookPath: '/Shared/credit-scoring/test',
  },
  SubmitNotebookRun: {
    displayName: 'Start the training',
    notebookPath: '/Shared/credit-scoring/train',
  },
  UpdateRepo: { displayName: 'Check out the tested commit', repoPath: '/Repos/ci/credit-scoring' },
  WaitForRun: { displayName: 'Wait for the training', runId: '$(train.runId)' },
};

export const shots: readonly Shot[] = [
  {
    name: 'run-notebook',
    place: 'RunNotebook',
    showsYaml: true,
    groups: [],
    values: {
      notebookParameters: 'data_folder=/Volumes/main/credit/scoring\nminimum_auc=0.7',
      compute: 'Existing cluster',
      databricksConnection: 'databricks-staging',
      existingCluster: 'shared-ml (0923-164208-meows279)',
    },
    openList: 'existingCluster',
  },
  {
    name: 'import-notebooks',
    place: 'ImportNotebooks',
    showsYaml: true,
    groups: [],
    values: { mode: 'Delete what the source does not have (mirror)' },
    openHelp: 'allowLargeDelete',
  },
  {
    name: 'update-repo',
    place: 'UpdateRepo',
    showsYaml: true,
    groups: [],
    values: {
      gitBranch: '$(Build.SourceBranch)',
      expectedCommit: '$(Build.SourceVersion)',
      connectionType: 'Workspace URL and token',
      host: '$(DATABRICKS_HOST)',
      token: '$(DATABRICKS_TOKEN)',
    },
  },
  {
    name: 'connection',
    place: 'connection:databricksworkspace',
    showsYaml: false,
    groups: [],
    values: {
      url: 'https://adb-1234567890123456.7.azuredatabricks.net/',
      apitoken: 'not-a-real-token-but-as-long-as-one',
      connectionName: 'databricks-staging',
      description: 'Staging workspace, service principal "pipelines"',
      grant: false,
    },
    press: 'Verify',
  },
];
