/**
 * npm run bench:findings: how often an injected fault is found, and how often there is a false alarm.
 *
 *   npm run bench:findings -- [--runs 24] [--healthy 240] [--salt 2000000] [--json] [--missed] [kind …]
 *
 * Thresholds were set on runs with salts 0 to 1000000; runs with other salts differ in everything: data sets, depths, widths, rates, seeds. A
 * run that does not have its fault according to its oracle (parts/oracles.ts) is drawn again.
 */
import { parseArgs } from 'node:util';
import { findingCodes } from '../src/diagnosis/finding.ts';
import { inject } from './parts/inject.ts';
import { recipes } from './parts/injected-faults.ts';
import { countFrom, rounded, runBench, tableOf } from './parts/report.ts';

interface Line {
  readonly kind: string;
  /** Shares. */
  readonly found: number;
  readonly cause: number;
  readonly falseAlarms: number;
  readonly runs: number;
  /** How many runs were drawn, including those without the fault. */
  readonly drawn: number;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      runs: { type: 'string', default: '24' },
      healthy: { type: 'string', default: '240' },
      salt: { type: 'string', default: '2000000' },
      json: { type: 'boolean' },
      missed: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const [runs, healthy] = [countFrom('runs', values.runs), countFrom('healthy', values.healthy)];
  const salt = Number(values.salt);
  const alarms = new Map<string, number>();
  for (let number = 0; number < healthy; number++) {
    const { one, result } = await inject('healthy', number, salt);
    for (const { code, text } of result.findings) {
      alarms.set(code, (alarms.get(code) ?? 0) + 1);
      if (values.missed) console.log('alarm', code, JSON.stringify(one), text);
    }
  }
  const lines: Line[] = [];
  for (const [kind, { code }] of Object.entries(recipes)) {
    if (positionals.length > 0 && !positionals.includes(kind)) continue;
    let [found, causesFound, drawn] = [0, 0, 0];
    for (let number = 0; number < runs; number++) {
      const { one, result, draws } = await inject(kind, number, salt);
      const { findings } = result;
      drawn += draws;
      const finding = findings.find((candidate) => candidate.code === code);
      if (finding !== undefined) found++;
      if (finding !== undefined && (one.cause === undefined || finding.cause === one.cause)) causesFound++;
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
      cause: rounded(found > 0 ? causesFound / found : 0, 3),
      falseAlarms: rounded((alarms.get(code) ?? 0) / healthy, 3),
      runs,
      drawn,
    };
    if (values.json) console.log(JSON.stringify(line));
    lines.push(line);
  }
  const untested = findingCodes.filter((code) => !lines.some(({ kind }) => recipes[kind]!.code === code));
  if (values.json) return;
  console.log(
    tableOf(
      ['injected', 'found', 'cause found', 'false alarms', 'runs', 'drawn'],
      lines.map((line) => Object.values(line)),
    ),
  );
  if (untested.length > 0) console.log(`not tested: ${untested.join(', ')}`);
}

await runBench(main);
