import { checkRequest } from './check-bindings';
import { DescribeError } from './describe-error';
import type { ConnectionDescription, Setup } from './description';
import type { ConnectionType } from './extension-manifest';
import {
  DataSourceError,
  runDataSource,
  type SourceOptions,
  testConnection,
} from './run-data-source';
import { describeUrl } from './url-remark';

const TEST_CONNECTION = 'TestConnection';

type DescribedConnection = ConnectionDescription['connections'][number];

/**
 * Runs Verify and every data source of a type, with the same parameters for all, through each connection of the type.
 * Throws DescribeError when there is none.
 */
export async function describeConnections(
  type: ConnectionType,
  parameters: Readonly<Record<string, string>>,
  setup: Setup,
): Promise<ConnectionDescription> {
  const fitting = setup.connections.filter(
    (one) => one.type.toLowerCase() === type.name.toLowerCase(),
  );
  if (fitting.length === 0) {
    throw new DescribeError(
      `There is no connection of the type "${type.name}". Name a file that has one with --connections FILE.`,
    );
  }
  const connections: DescribedConnection[] = [];
  for (const connection of fitting) {
    const options = { ...setup, connection, type, parameters, inputs: {} };
    const verify = await runVerify(options);
    const sources = [];
    for (const source of type.dataSources) {
      if (source.name !== TEST_CONNECTION) sources.push(await describeSource(source.name, options));
    }
    const urlRemark = describeUrl(connection.url);
    connections.push({
      name: connection.name,
      ...(urlRemark !== undefined && { urlRemark: setup.mask(urlRemark) }),
      ...verify,
      sources,
    });
  }
  const problems = type.dataSources.flatMap((source) =>
    checkRequest(source).map((problem) => `data source "${source.name}": ${problem}`),
  );
  return {
    kind: 'connection',
    type: type.name,
    displayName: type.displayName,
    connections,
    problems,
  };
}

type FullOptions = SourceOptions & Pick<Setup, 'mask'>;

async function runVerify(
  options: FullOptions,
): Promise<{ readonly verify: string; readonly isVerified: boolean }> {
  const source = options.type.dataSources.find(({ name }) => name === TEST_CONNECTION);
  if (source === undefined) {
    return {
      verify: 'not possible: the type has no data source TestConnection',
      isVerified: false,
    };
  }
  try {
    return { verify: `OK, HTTP ${await testConnection(source, options)}`, isVerified: true };
  } catch (error) {
    return { verify: `failed: ${messageOf(error, options)}`, isVerified: false };
  }
}

async function describeSource(
  name: string,
  options: FullOptions,
): Promise<DescribedConnection['sources'][number]> {
  const source = options.type.dataSources.find((one) => one.name === name);
  try {
    if (source === undefined) throw new DataSourceError('it does not exist');
    const { items, calls, isCut } = await runDataSource(source, options);
    return { name, count: items.length, calls, isCut };
  } catch (error) {
    return { name, count: 0, calls: 0, isCut: false, reason: messageOf(error, options) };
  }
}

function messageOf(error: unknown, { mask }: FullOptions): string {
  if (error instanceof DataSourceError) return mask(error.message);
  throw error;
}
