import { describeMismatch, findConnection, wantedType } from '../connections';
import { isConnectionType } from '../inputs';
import { suggest } from '../nearest';
import type { ServiceConnection } from '../settings-file';
import type { TaskDefinition } from '../task-definitions';
import { endpointInput, findType } from './check-bindings';
import { DescribeError } from './describe-error';
import type { DescribedList, Setup } from './description';
import type { ConnectionType, ExtensionManifest } from './extension-manifest';
import { readEntries } from './read-entries';
import {
  DataSourceError,
  renderRequest,
  runDataSource,
  type SourceOptions,
} from './run-data-source';
import type { Binding } from './task-form';
import { TemplateError } from './template-error';
import { describeUrl } from './url-remark';

/** A list to fetch, with the values of the form. */
export interface ListRequest {
  readonly binding: Binding;
  readonly task: TaskDefinition;
  readonly values: ReadonlyMap<string, string>;
  readonly manifest: ExtensionManifest;
  readonly setup: Setup;
}

const NO_ENTRIES = {
  entries: [],
  calls: 0,
  isCut: false,
  invalid: [],
  encodedCount: 0,
  missing: [],
} as const;

/** Fetches a list as the service does, or tells why there is none. Throws DescribeError for a connection that does not fit. */
export async function describeList(request: ListRequest): Promise<DescribedList> {
  const { binding, setup } = request;
  const source = binding.dataSourceName || '(own request)';
  const found = findConnectionFor(request);
  if (!('connection' in found)) {
    return { ...NO_ENTRIES, ...found, source, connection: undefined };
  }
  const { connection, type } = found;
  const urlRemark = describeUrl(connection.url);
  const known = {
    source,
    connection: connection.name,
    ...(urlRemark !== undefined && { urlRemark: setup.mask(urlRemark) }),
  };
  try {
    const { items, calls, isCut } = await fetchItems(request, connection, type);
    const list = readEntries(items, binding.resultTemplate);
    return { ...list, ...known, calls, isCut, isFailed: false };
  } catch (error) {
    if (!(error instanceof DataSourceError || error instanceof TemplateError)) throw error;
    const what =
      error instanceof TemplateError ? `resultTemplate: ${error.message}` : error.message;
    const reason = setup.mask(`Data source "${source}": ${what}`);
    return { ...NO_ENTRIES, ...known, reason, isFailed: true };
  }
}

const CHOOSE = 'Choose a connection to get a list; free text always works.';

type Found =
  | { readonly connection: ServiceConnection; readonly type: ConnectionType }
  | { readonly reason: string; readonly isFailed: boolean };

function findConnectionFor({ binding, task, values, manifest, setup }: ListRequest): Found {
  const name = endpointInput(binding);
  const input = task.inputs.find((one) => one.name === name && isConnectionType(one.type));
  if (input === undefined) {
    return { reason: 'The binding names no connection input.', isFailed: true };
  }
  const value = values.get(input.name) ?? '';
  if (value === '') return { reason: CHOOSE, isFailed: false };
  if (value.includes('$(')) {
    const reason = `The connection is "${value}", which only a run knows; free text always works.`;
    return { reason, isFailed: false };
  }
  const connection = findConnection(setup.connections, value);
  if (connection === undefined) {
    const names = setup.connections.map((one) => one.name);
    throw new DescribeError(
      `Input "${input.name}": there is no connection "${value}" in the connections file${suggest(value, names)}`,
    );
  }
  const mismatch = describeMismatch(connection, input.type);
  if (mismatch !== undefined) throw new DescribeError(`Input "${input.name}": ${mismatch}.`);
  const wanted = wantedType(input.type).type;
  const type = findType(manifest, wanted);
  if (type !== undefined) return { connection, type };
  return {
    reason: `The extension does not declare the type of service connection "${wanted}", so its data sources are not known here.`,
    isFailed: true,
  };
}

async function fetchItems(
  { binding, values, setup }: ListRequest,
  connection: ServiceConnection,
  type: ConnectionType,
): ReturnType<typeof runDataSource> {
  const inputs = Object.fromEntries(values);
  const parameters = Object.fromEntries(
    Object.entries(binding.parameters).map(([name, text]) => [
      name,
      renderRequest(text, `parameter ${name}`, inputs),
    ]),
  );
  const own: SourceOptions = { ...setup, connection, type, parameters, inputs };
  if (binding.dataSourceName === '') return await runDataSource(binding.request, own);
  const source = type.dataSources.find(({ name }) => name === binding.dataSourceName);
  if (source === undefined) {
    throw new DataSourceError(`the type "${type.name}" has no data source of this name`);
  }
  return await runDataSource(source, { ...own, inputs: {} });
}
