/**
 * The tables of an MLflow tracking store in SQLite, of the revision 0a8213491aaa (MLflow 1.9): the oldest that has all that is written here. MLflow
 * upgrades an older store when it opens it, so newer tables and indexes, which depend on its version, are left to it. Seen with MLflow 3.17.2.
 */

/** Of the schema, in `alembic_version`. */
const REVISION = '0a8213491aaa';

interface Table {
  /** Names of the columns, each with its SQL type. */
  readonly columns: Readonly<Record<string, string>>;
  /** The columns of the primary key, in an order in which rows are appended. Upgrades refer to it by its name. */
  readonly key: readonly [name: string, ...columns: string[]];
  readonly references?: string;
  /** Stored in the order of the key, without a second copy of it. MLflow makes ordinary tables of those that it upgrades. */
  readonly inOrderOfKey?: true;
}

const OF_RUN = 'FOREIGN KEY (run_uuid) REFERENCES runs (run_uuid)';
const pair = { key: 'VARCHAR(250) NOT NULL', value: 'VARCHAR(5000)' };
const point = {
  key: pair.key,
  value: 'FLOAT NOT NULL',
  step: 'BIGINT DEFAULT 0 NOT NULL',
  is_nan: 'BOOLEAN DEFAULT 0 NOT NULL',
};
const run = 'VARCHAR(32) NOT NULL';
const described = { creation_time: 'BIGINT', last_updated_time: 'BIGINT', description: 'VARCHAR(5000)' };

const tables: Readonly<Record<string, Table>> = {
  experiments: {
    columns: {
      experiment_id: 'INTEGER NOT NULL',
      name: 'VARCHAR(256) NOT NULL UNIQUE',
      artifact_location: 'VARCHAR(256)',
      lifecycle_stage: 'VARCHAR(32)',
    },
    key: ['experiment_pk', 'experiment_id'],
  },
  experiment_tags: {
    columns: { ...pair, experiment_id: 'INTEGER NOT NULL' },
    key: ['experiment_tag_pk', 'key', 'experiment_id'],
    references: 'FOREIGN KEY (experiment_id) REFERENCES experiments (experiment_id)',
  },
  runs: {
    columns: {
      run_uuid: run,
      name: 'VARCHAR(250)',
      source_type: 'VARCHAR(20)',
      source_name: 'VARCHAR(500)',
      entry_point_name: 'VARCHAR(50)',
      user_id: 'VARCHAR(256)',
      status: 'VARCHAR(9)',
      start_time: 'BIGINT',
      end_time: 'BIGINT',
      source_version: 'VARCHAR(50)',
      lifecycle_stage: 'VARCHAR(20)',
      artifact_uri: 'VARCHAR(200)',
      experiment_id: 'INTEGER',
    },
    key: ['run_pk', 'run_uuid'],
    references: 'FOREIGN KEY (experiment_id) REFERENCES experiments (experiment_id)',
  },
  params: {
    columns: { key: pair.key, value: 'VARCHAR(250) NOT NULL', run_uuid: run },
    key: ['param_pk', 'run_uuid', 'key'],
    references: OF_RUN,
    inOrderOfKey: true,
  },
  tags: {
    columns: { ...pair, run_uuid: run },
    key: ['tag_pk', 'run_uuid', 'key'],
    references: OF_RUN,
    inOrderOfKey: true,
  },
  metrics: {
    columns: { ...point, timestamp: 'BIGINT NOT NULL', run_uuid: run },
    key: ['metric_pk', 'run_uuid', 'step', 'key', 'timestamp', 'value', 'is_nan'],
    references: OF_RUN,
    inOrderOfKey: true,
  },
  latest_metrics: {
    columns: { ...point, timestamp: 'BIGINT', run_uuid: run },
    key: ['latest_metric_pk', 'run_uuid', 'key'],
    references: OF_RUN,
    inOrderOfKey: true,
  },
  registered_models: {
    columns: { name: 'VARCHAR(256) NOT NULL', ...described },
    key: ['registered_model_pk', 'name'],
  },
  model_versions: {
    columns: {
      name: 'VARCHAR(256) NOT NULL',
      version: 'INTEGER NOT NULL',
      ...described,
      user_id: 'VARCHAR(256)',
      current_stage: 'VARCHAR(20)',
      source: 'VARCHAR(500)',
      run_id: run,
      status: 'VARCHAR(20)',
      status_message: 'VARCHAR(500)',
    },
    key: ['model_version_pk', 'name', 'version'],
    references: 'FOREIGN KEY (name) REFERENCES registered_models (name) ON UPDATE CASCADE',
  },
  alembic_version: {
    columns: { version_num: 'VARCHAR(32) NOT NULL' },
    key: ['alembic_version_pkc', 'version_num'],
  },
};

function statementOf([name, { columns, key, references, inOrderOfKey }]: readonly [string, Table]): string {
  const [constraint, ...keyed] = key;
  const parts = [
    ...Object.entries(columns).map(([column, type]) => `${column} ${type}`),
    `CONSTRAINT ${constraint} PRIMARY KEY (${keyed.join(', ')})`,
    ...(references === undefined ? [] : [references]),
  ];
  return `CREATE TABLE ${name} (${parts.join(', ')})${inOrderOfKey ? ' WITHOUT ROWID' : ''}`;
}

/** Creates the tables, empty but for the revision. */
export const mlflowSchema = [
  ...Object.entries(tables).map(statementOf),
  `INSERT INTO alembic_version VALUES ('${REVISION}')`,
].join(';\n');
