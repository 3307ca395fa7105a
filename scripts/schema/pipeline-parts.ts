import { expressionKey, type JsonSchema, ref } from './json-schema';

// Outside of the steps of this extension the schema describes and suggests, and refuses nothing: what Azure Pipelines takes
// is more than is documented. So types are hints for suggestions, no key is forbidden, and none is required.

function text(description: string): JsonSchema {
  return { description, anyOf: [{ type: 'string' }, {}] };
}

/** Names with values that are not looked at. */
function names(description: string): JsonSchema {
  return { description, properties: {} };
}

/** Values that are not looked at. */
function values(description: string): JsonSchema {
  return { description, items: {} };
}

/** Suggests true and false. */
function flag(description: string): JsonSchema {
  return { description, anyOf: [{ type: 'boolean' }, {}] };
}

function choice(description: string, ...values: readonly string[]): JsonSchema {
  return { description, anyOf: [{ enum: values }, {}] };
}

/** A mapping; `${{ if … }}:` and the like may hold a part of it. */
function mapping(name: string, properties: JsonSchema, more: JsonSchema = {}): JsonSchema {
  return { ...more, properties, patternProperties: { [expressionKey]: ref(name) } };
}

/** A list; an item `- ${{ if … }}:` or `- ${{ each … }}:` may hold a part of it. */
function list(description: string, item: JsonSchema): JsonSchema {
  return { description, items: item };
}

/** The mapping under `${{ … }}:` in an item is a part of that item, and the list under it a part of the list. */
function item(name: string, itemName: string, properties: JsonSchema, more: JsonSchema = {}) {
  return {
    ...more,
    properties,
    patternProperties: { [expressionKey]: { allOf: [ref(name), ref(itemName)] } },
  };
}

const condition = text(
  'When this is run, for example and(succeeded(), eq(variables.x, 1)). A condition of your own replaces succeeded().',
);
const dependsOn = text('Names of what must have ended before; [] for nothing.');
const templateParameters = names('Values of the parameters of the template.');
const displayName = text('Name that the page of the run shows.');

/** What every step may have; the keys that begin a step are in `stepKinds`. */
export const commonStepKeys: JsonSchema = {
  name: ref('step.name'),
  displayName: ref('step.displayName'),
  condition: ref('step.condition'),
  continueOnError: ref('step.continueOnError'),
  enabled: ref('step.enabled'),
  env: ref('step.env'),
  target: ref('step.target'),
  timeoutInMinutes: ref('step.timeoutInMinutes'),
  retryCountOnTaskFailure: ref('step.retryCountOnTaskFailure'),
};

const stepParts: Record<string, JsonSchema> = {
  'step.name': text(
    'Name of the step, needed to use its outputs: $(name.output). Letters, digits, _ and - only.',
  ),
  'step.displayName': displayName,
  'step.condition': condition,
  'step.continueOnError': flag('Go on when the step fails; the job then succeeds with issues.'),
  'step.enabled': flag('Whether the step is run at all.'),
  'step.env': names(
    'Environment variables of the step. Secret variables must be handed over here.',
  ),
  'step.target': {
    description:
      'Where the step is run: host, a container, or which commands and variables it may use.',
    properties: {
      container: text('Name of a container, or host.'),
      commands: choice('Which logging commands work.', 'any', 'restricted'),
      settableVariables: text('none, or the names of the variables that the step may set.'),
    },
  },
  'step.timeoutInMinutes': text('After this time the step is cancelled. 0: the limit of the job.'),
  'step.retryCountOnTaskFailure': text('How often a failed step is tried again, 0 to 10.'),
};

const scriptKeys: JsonSchema = {
  workingDirectory: text('Folder in which the script is run.'),
  failOnStderr: flag('Fail when the script writes to standard error.'),
};

const powershellKeys: JsonSchema = {
  ...scriptKeys,
  errorActionPreference: choice('What an error does.', 'stop', 'continue', 'silentlyContinue'),
  warningPreference: choice('What a warning does.', 'stop', 'continue', 'silentlyContinue'),
  ignoreLASTEXITCODE: flag('Do not fail because of the exit code of the last program.'),
  pwsh: flag('Use PowerShell Core on Windows.'),
};

const artifactKeys: JsonSchema = {
  artifact: text('Name of the artifact.'),
  patterns: text('Which files: match patterns, one a line.'),
  path: text('Folder on the agent.'),
};

interface StepKind {
  readonly schema: JsonSchema;
  /** Keys that go with it. */
  readonly keys: JsonSchema;
}

const stepKinds: Readonly<Record<string, StepKind>> = {
  script: { schema: text('Command lines, run by bash or cmd.'), keys: scriptKeys },
  bash: { schema: text('Lines of a bash script.'), keys: scriptKeys },
  pwsh: { schema: text('Lines of a PowerShell Core script.'), keys: powershellKeys },
  powershell: { schema: text('Lines of a Windows PowerShell script.'), keys: powershellKeys },
  checkout: {
    schema: choice('Which repository is fetched to the agent.', 'self', 'none'),
    keys: {
      clean: flag('Remove what earlier runs left in the folder.'),
      fetchDepth: text('How many commits are fetched; 0: all.'),
      fetchFilter: text('Filter of a partial clone, for example tree:0.'),
      fetchTags: flag('Fetch tags, too.'),
      lfs: flag('Fetch the files of Git LFS.'),
      submodules: choice('Fetch submodules.', 'true', 'false', 'recursive'),
      path: text('Folder below $(Pipeline.Workspace).'),
      persistCredentials: flag('Leave the credentials to later git commands of the job.'),
      sparseCheckoutDirectories: text('Folders of a sparse checkout.'),
      sparseCheckoutPatterns: text('Patterns of a sparse checkout.'),
      workspaceRepo: flag('Use this repository as the default working directory.'),
    },
  },
  download: {
    schema: choice(
      'Whose artifacts are fetched: current, a pipeline resource, none.',
      'current',
      'none',
    ),
    keys: artifactKeys,
  },
  downloadBuild: {
    schema: text('Build resource whose artifacts are fetched.'),
    keys: artifactKeys,
  },
  getPackage: {
    schema: text('Package resource that is fetched.'),
    keys: { path: artifactKeys['path'] },
  },
  publish: {
    schema: text('File or folder that becomes an artifact of the run.'),
    keys: { artifact: artifactKeys['artifact'] },
  },
  template: {
    schema: text('File with steps that are put in here.'),
    keys: { parameters: templateParameters },
  },
  reviewApp: { schema: text('Resource of a review app.'), keys: {} },
};

/** A task of this extension, to be suggested: its name and what it does. */
export interface SuggestedTask {
  readonly name: string;
  readonly description: string;
}

function stepDefinition(tasks: readonly SuggestedTask[], rules: readonly JsonSchema[]): JsonSchema {
  const kinds = Object.entries(stepKinds);
  const task = {
    description: 'Task that the step runs, with its major version: Name@1.',
    anyOf: [
      {
        enum: tasks.map(({ name }) => name),
        enumDescriptions: tasks.map((item) => item.description),
      },
      {},
    ],
  };
  const properties = {
    task,
    ...Object.fromEntries(kinds.map(([key, { schema }]) => [key, schema])),
    ...commonStepKeys,
  };
  const dependencies = {
    task: { properties: { inputs: names('Inputs of the task.') }, allOf: rules },
    ...Object.fromEntries(kinds.map(([key, { keys }]) => [key, { properties: keys }])),
  };
  return item('steps', 'step', properties, { description: 'A step.', dependencies });
}

const branchFilter: JsonSchema = {
  properties: {
    include: values('These, with * as a wildcard.'),
    exclude: values('But not these.'),
  },
};

const pipelineParts: Record<string, JsonSchema> = {
  filter: branchFilter,
  trigger: mapping(
    'trigger',
    {
      batch: flag('While a run is going on, collect the pushes for the next.'),
      branches: ref('filter'),
      paths: ref('filter'),
      tags: ref('filter'),
    },
    { description: 'Which pushes start a run: none, a list of branches, or filters.' },
  ),
  pr: mapping(
    'pr',
    {
      autoCancel: flag('Cancel the run of an older commit of the pull request.'),
      branches: ref('filter'),
      paths: ref('filter'),
      drafts: flag('Draft pull requests, too.'),
    },
    {
      description:
        'Which pull requests start a run: none, a list of target branches, or filters. For GitHub and Bitbucket; Azure Repos uses branch policies.',
    },
  ),
  schedules: list('When runs are started by the clock.', {
    properties: {
      cron: text('Five fields in UTC: minute, hour, day, month, weekday.'),
      displayName,
      branches: ref('filter'),
      always: flag('Also when nothing has changed.'),
      batch: flag('Not while a run of the schedule is going on.'),
    },
  }),
  pool: mapping(
    'pool',
    {
      name: text('Name of an agent pool.'),
      vmImage: choice(
        'Image of a Microsoft-hosted agent.',
        'ubuntu-latest',
        'windows-latest',
        'macOS-latest',
      ),
      demands: text('What the agent must have.'),
    },
    { description: 'Where jobs are run: name of a pool, image of a hosted agent, or server.' },
  ),
  variables: {
    ...mapping('variables', {}),
    description: 'Names with values; or a list of values, variable groups and templates.',
    items: ref('variable'),
  },
  variable: item('variables', 'variable', {
    group: text(
      'Name of a variable group of the library, such as one with DATABRICKS_HOST and DATABRICKS_TOKEN.',
    ),
    name: text('Name of the variable.'),
    value: text('Its value.'),
    readonly: flag('Steps cannot set it.'),
    template: text('File with variables.'),
    parameters: templateParameters,
  }),
  parameters: {
    description: 'What is chosen when a run is started, or given by who uses the template.',
    items: {
      properties: {
        name: text('Name of the parameter.'),
        displayName,
        type: choice(
          'Kind of value.',
          ...[
            'string',
            'stringList',
            'number',
            'boolean',
            'object',
            'step',
            'stepList',
            'job',
            'jobList',
          ],
          ...['deployment', 'deploymentList', 'stage', 'stageList'],
        ),
        default: text('Value if none is given; without it the parameter is required.'),
        values: values('The values that are allowed.'),
      },
    },
  },
  extends: mapping(
    'extends',
    { template: text('File that holds the pipeline.'), parameters: templateParameters },
    { description: 'Template that this pipeline fills in.' },
  ),
  resources: {
    description: 'Other pipelines, repositories, containers and packages that are used.',
    properties: resourceKinds(),
  },
};

function resourceKinds(): JsonSchema {
  const connection = text('Name of a service connection.');
  const kind = (description: string, properties: JsonSchema): JsonSchema =>
    list(description, { properties });
  return {
    repositories: kind('Repositories to check out, or with templates.', {
      repository: text('Name used here.'),
      type: choice('Where it is hosted.', 'git', 'github', 'githubenterprise', 'bitbucket'),
      name: text('Its name, for example project/repository.'),
      ref: text('Branch or tag, for example refs/heads/main.'),
      endpoint: connection,
      trigger: ref('trigger'),
    }),
    pipelines: kind('Pipelines whose artifacts are used or whose runs start this one.', {
      pipeline: text('Name used here.'),
      source: text('Name of the pipeline.'),
      project: text('Project of the pipeline.'),
      branch: text('Branch whose runs are used.'),
      version: text('Number of a run.'),
      tags: values('Tags that the run must have.'),
      trigger: ref('trigger'),
    }),
    containers: kind('Images in which jobs are run.', {
      container: text('Name used here.'),
      image: text('The image.'),
      endpoint: connection,
      options: text('Options of docker create.'),
      env: names('Environment variables.'),
      ports: values('Ports.'),
      volumes: values('Volumes.'),
    }),
    builds: kind('Builds of other servers.', {
      build: text('Name used here.'),
      type: text('Kind of the server, for example Jenkins.'),
      connection,
      source: text('Project or job there.'),
      trigger: flag('Start a run for each build.'),
    }),
    packages: kind('Packages of GitHub.', {
      package: text('Name used here.'),
      type: choice('Kind of package.', 'nuget', 'npm'),
      connection,
      name: text('Its name.'),
      version: text('Its version.'),
    }),
    webhooks: kind('Web hooks that start runs.', {
      webhook: text('Name used here.'),
      connection,
      filters: list('What the request must hold.', {
        properties: { path: text('Path in its JSON.'), value: text('Value there.') },
      }),
    }),
  };
}

const jobKeys: JsonSchema = {
  displayName,
  dependsOn,
  condition,
  continueOnError: flag('Later jobs are run even if this one fails.'),
  pool: ref('pool'),
  variables: ref('variables'),
  container: text('Container in which the steps are run.'),
  services: names('Containers that are started beside the job.'),
  workspace: {
    description: 'Folder of the job.',
    properties: { clean: choice('What is removed before.', 'outputs', 'resources', 'all') },
  },
  uses: names('Repositories and pools that are named by expressions only.'),
  timeoutInMinutes: text('After this time the job is cancelled. 60 unless given.'),
  cancelTimeoutInMinutes: text('How long a cancelled job may take to end. 5 unless given.'),
  templateContext: names('Values for the template that the pipeline extends.'),
};

const lifecycleHook = (description: string): JsonSchema => ({
  description,
  properties: { steps: ref('steps'), pool: ref('pool') },
});

const lifecycleHooks: JsonSchema = {
  preDeploy: lifecycleHook('Before the deployment.'),
  deploy: lifecycleHook('The deployment. Artifacts of the run are there already.'),
  routeTraffic: lifecycleHook('Sends requests to what was deployed.'),
  postRouteTraffic: lifecycleHook('Looks after what was deployed.'),
  on: {
    description: 'What is done in the end.',
    properties: {
      failure: lifecycleHook('When a part has failed.'),
      success: lifecycleHook('When all has succeeded.'),
    },
  },
};

const jobParts: Record<string, JsonSchema> = {
  strategies: {
    description: 'How the job is repeated.',
    ...mapping('strategies', {
      matrix: names('Names with variables; the job is run once with each.'),
      parallel: text('How many equal jobs are run.'),
      maxParallel: text('How many of them at the same time.'),
    }),
  },
  deploymentStrategies: {
    description: 'How is deployed.',
    ...mapping('deploymentStrategies', {
      runOnce: { description: 'Each part once.', properties: lifecycleHooks },
      rolling: {
        description: 'A few virtual machines of the environment after the other.',
        properties: { maxParallel: text('How many at a time.'), ...lifecycleHooks },
      },
      canary: {
        description: 'First a small share, then the rest.',
        properties: {
          increments: values('Shares in percent.'),
          ...lifecycleHooks,
        },
      },
    }),
  },
  environment: {
    description: 'Environment that is deployed to; its approvals and checks come first.',
    ...mapping('environment', {
      name: text('Name of the environment.'),
      resourceName: text('Name of a resource in it.'),
      resourceType: choice('Kind of the resource.', 'VirtualMachine', 'Kubernetes'),
      tags: text('Tags of the resources.'),
    }),
  },
  job: item(
    'jobs',
    'job',
    {
      job: text('Name of the job. Jobs are run on agents of their own.'),
      deployment: text('Name of a job that deploys to an environment.'),
      template: text('File with jobs that are put in here.'),
      ...jobKeys,
      steps: ref('steps'),
    },
    {
      description: 'A job.',
      dependencies: {
        job: { properties: { strategy: ref('strategies') } },
        deployment: {
          properties: { environment: ref('environment'), strategy: ref('deploymentStrategies') },
        },
        template: { properties: { parameters: templateParameters } },
      },
    },
  ),
  jobs: {
    ...list('Jobs; they are run at the same time unless dependsOn says otherwise.', ref('job')),
    ...under('jobs'),
  },
  stage: item(
    'stages',
    'stage',
    {
      stage: text('Name of the stage.'),
      template: text('File with stages that are put in here.'),
      displayName,
      dependsOn,
      condition,
      pool: ref('pool'),
      variables: ref('variables'),
      jobs: ref('jobs'),
      lockBehavior: choice(
        'What runs that wait for an exclusive lock do.',
        'sequential',
        'runLatest',
      ),
      trigger: choice('Whether the stage starts by itself.', 'automatic', 'manual'),
      isSkippable: flag('Whether it may be left out by hand.'),
      templateContext: jobKeys['templateContext'],
    },
    {
      description: 'A stage.',
      dependencies: { template: { properties: { parameters: templateParameters } } },
    },
  ),
  stages: {
    ...list('Stages; one after the other unless dependsOn says otherwise.', ref('stage')),
    ...under('stages'),
  },
};

/** `${{ if … }}:` directly below the key of a list. */
function under(name: string): JsonSchema {
  return { patternProperties: { [expressionKey]: ref(name) } };
}

/** The named parts of a pipeline file. `rules` are what each step with a task is held to. */
export function pipelineDefinitions(
  tasks: readonly SuggestedTask[],
  rules: readonly JsonSchema[],
): Record<string, JsonSchema> {
  return {
    pipeline: pipelineDefinition(),
    ...pipelineParts,
    ...jobParts,
    steps: { ...list('Steps; they are run one after the other.', ref('step')), ...under('steps') },
    step: stepDefinition(tasks, rules),
    ...stepParts,
  };
}

function pipelineDefinition(): JsonSchema {
  return mapping(
    'pipeline',
    {
      name: text('How runs are numbered, for example $(Date:yyyyMMdd).$(Rev:r).'),
      appendCommitMessageToRunName: flag('Show the message of the commit beside the number.'),
      trigger: ref('trigger'),
      pr: ref('pr'),
      schedules: ref('schedules'),
      parameters: ref('parameters'),
      variables: ref('variables'),
      resources: ref('resources'),
      extends: ref('extends'),
      stages: ref('stages'),
      jobs: ref('jobs'),
      steps: ref('steps'),
      strategy: ref('strategies'),
      lockBehavior: choice(
        'What runs that wait for an exclusive lock do.',
        'sequential',
        'runLatest',
      ),
      ...Object.fromEntries(
        ['pool', 'container', 'services', 'workspace', 'continueOnError'].map((key) => [
          key,
          jobKeys[key],
        ]),
      ),
    },
    { description: 'A pipeline, or a template with a part of one.' },
  );
}
