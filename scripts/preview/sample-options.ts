import Handlebars from 'handlebars';
import type { FormOption } from './page/model';

type Row = Readonly<Record<string, unknown>>;

/** Invented answers of the data sources of the service connection, in the fields that Databricks has. */
const rowsBySource: Readonly<Record<string, readonly Row[]>> = {
  Clusters: [
    { cluster_id: '0923-164208-meows279', cluster_name: 'shared-ml', state: 'RUNNING' },
    { cluster_id: '1104-081530-brave412', cluster_name: 'nightly-etl', state: 'TERMINATED' },
    { cluster_id: '1116-093000-jolly775', cluster_name: 'integration-tests', state: 'TERMINATED' },
  ],
  Jobs: [
    { job_id: 620183904417, settings: { name: 'nightly-scoring' } },
    { job_id: 918273645510, settings: { name: 'retrain-weekly' } },
  ],
  SparkVersions: [
    { key: '15.4.x-scala2.12', name: '15.4 LTS (Apache Spark 3.5.0, Scala 2.12)' },
    { key: '14.3.x-scala2.12', name: '14.3 LTS (Apache Spark 3.5.0, Scala 2.12)' },
  ],
  NodeTypes: [
    { node_type_id: 'Standard_DS3_v2', description: 'Standard_DS3_v2', num_cores: 4 },
    { node_type_id: 'Standard_DS4_v2', description: 'Standard_DS4_v2', num_cores: 8 },
  ],
  ClusterPolicies: [{ policy_id: '9C6308F703005DF2', name: 'Job compute' }],
  InstancePools: [
    { instance_pool_id: '0101-120000-brick1-pool-ABCD', instance_pool_name: 'shared' },
  ],
};

/** Options that the editor would make of sample rows, by the binding's own template. Throws what is wrong with the template. */
export function sampleOptions(
  dataSourceName: string | undefined,
  resultTemplate: string | undefined,
): readonly FormOption[] {
  const rows = rowsBySource[dataSourceName ?? ''];
  if (!rows || resultTemplate === undefined) return [{ value: 'sample', label: 'Sample entry' }];
  const render = Handlebars.compile(resultTemplate);
  return rows.map((row) => {
    const { Value, DisplayValue } = parseOption(render(row), resultTemplate);
    return { value: Value, label: DisplayValue ?? Value };
  });
}

/** Names of service connections to choose from, by the type after `connectedService:`. */
export function sampleConnections(type: string): readonly FormOption[] {
  const names = /^azurerm$/i.test(type)
    ? ['Azure subscription (dev)', 'Azure subscription (prod)']
    : ['databricks-dev', 'databricks-staging', 'databricks-prod'];
  return names.map((name) => ({ value: name, label: name }));
}

function parseOption(text: string, template: string): { Value: string; DisplayValue?: string } {
  try {
    return JSON.parse(text) as { Value: string; DisplayValue?: string };
  } catch (error) {
    throw new Error(`The resultTemplate ${template} makes no JSON: ${text}`, { cause: error });
  }
}
