/**
 * npm run bench:findings: how often a planted fault is found, and how often one is found where there is none.
 *
 *   npm run bench:findings -- [--runs 24] [--healthy 240] [--salt 1000000] [--json] [--missed] [kind …]
 *
 * Thresholds were set on runs of salt 0; the runs of other salts are others throughout: data sets, depths, widths, rates, seeds.
 */
import { parseArgs } from 'node:util';
import { createInlineCore } from '../src/compute/inline-core.ts';
import { resultOf, type TrialResult } from '../src/compute/trial.ts';
import { loadBuiltin } from '../src/data/builtin.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { findingCodes } from '../src/diagnosis/finding.ts';
import { projectRoot } from '../src/paths.ts';
import { settingsOf } from '../src/searches/hyperparameters.ts';
import { type Planted, planted, recipes } from './parts/faults.ts';
import { countFrom, rounded, runBench, tableOf } from './parts/report.ts';

const core = createInlineCore('simd');
const datasets = new Map<string, Dataset>();

function datasetOf(name: string): Dataset {
  const dataset = datasets.get(name) ?? loadBuiltin(name, `${projectRoot}/datasets`)!;
  datasets.set(name, dataset);
  return dataset;
}

async function run({ dataset: name, hyperparameters, seed, fraction = 0.25 }: Planted): Promise<TrialResult> {
  const dataset = datasetOf(name);
  const classes = dataset.task === 'classification';
  const end = await core.run({
    settings: settingsOf(hyperparameters, {}),
    dataset,
    validation: { type: 'holdout', fraction },
    metric: classes ? 'validationAccuracy' : 'validationRmse',
    direction: classes ? 'maximize' : 'minimize',
    divergence: true,
    seed,
    trial: 0,
  });
  return resultOf(end);
}

interface Line {
  readonly kind: string;
  /** Shares. */
  readonly found: number;
  readonly cause: number;
  readonly falseAlarms: number;
  readonly runs: number;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      runs: { type: 'string', default: '24' },
      healthy: { type: 'string', default: '240' },
      salt: { type: 'string', default: '1000000' },
      json: { type: 'boolean' },
      missed: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const [runs, healthy] = [countFrom('runs', values.runs), countFrom('healthy', values.healthy)];
  const salt = Number(values.salt);
  const alarms = new Map<string, number>();
  for (let number = 0; number < healthy; number++) {
    const one = planted('healthy', number, salt);
    for (const { code, text } of (await run(one)).findings) {
      alarms.set(code, (alarms.get(code) ?? 0) + 1);
      if (values.missed) console.log('alarm', code, JSON.stringify(one), text);
    }
  }
  const lines: Line[] = [];
  for (const [kind, { code }] of Object.entries(recipes)) {
    if (positionals.length > 0 && !positionals.includes(kind)) continue;
    let [found, told] = [0, 0];
    for (let number = 0; number < runs; number++) {
      const one = planted(kind, number, salt);
      const { findings } = await run(one);
      const finding = findings.find((candidate) => candidate.code === code);
      if (finding !== undefined) found++;
      if (finding !== undefined && (one.cause === undefined || finding.cause === one.cause)) told++;
      else if (values.missed) {
        console.log(
          'missed',
          kind,
          JSON.stringify(one),
          findings.map((other) => `${other.code} ${other.cause ?? ''}`),
        );
      }
    }
    const line = {
      kind,
      found: rounded(found / runs, 3),
      cause: rounded(found > 0 ? told / found : 0, 3),
      falseAlarms: rounded((alarms.get(code) ?? 0) / healthy, 3),
      runs,
    };
    if (values.json) console.log(JSON.stringify(line));
    lines.push(line);
  }
  const untold = findingCodes.filter((code) => !lines.some(({ kind }) => recipes[kind]!.code === code));
  if (values.json) return;
  console.log(
    tableOf(
      ['planted', 'found', 'cause told', 'false alarms', 'runs'],
      lines.map((line) => Object.values(line)),
    ),
  );
  if (untold.length > 0) console.log(`not asked for: ${untold.join(', ')}`);
}

await runBench(main);
