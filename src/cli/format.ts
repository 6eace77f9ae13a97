/** Formats trials and searches for the terminal. */
import Table from 'cli-table3';
import type { Preflight, SearchFindings } from '../contract/analysis.ts';
import type { Best } from '../contract/trials.ts';
import type { WhatIf } from '../contract/what-if.ts';
import type { ApiKey, BrowserSession } from '../domain/api-key.ts';
import { bestEvidence, evidenceText } from '../domain/best-evidence.ts';
import type { Project } from '../domain/project.ts';
import type { Search } from '../domain/search.ts';
import { variedOf } from '../domain/specification/hyperparameters.ts';
import type { TrialSummary } from '../domain/trial.ts';
import { byTradeoff } from '../domain/what-if/tradeoff.ts';
import {
  formatConfirmation,
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
  formatTest,
  formatValue,
  plural,
  plusMinus,
  severityTitle,
  words,
} from '../format.ts';

/** `learningRate 0.01234  activation relu` */
export function pointLine(point: Readonly<Record<string, number | string | boolean>>): string {
  return Object.entries(point)
    .map(([name, value]) => `${name} ${formatValue(value)}`)
    .join('  ');
}

/** Columns without borders, to fit narrow terminals and for copying. */
export const plain = {
  style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  chars: Object.fromEntries(
    ['top', 'bottom', 'mid', 'left', 'right']
      .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
      .map((part): [string, string] => [part, ''])
      .concat([['middle', '  ']]),
  ),
};

export function bestTable(search: Search, trials: readonly TrialSummary[]): string {
  const varied = variedOf(search.specification.hyperparameters);
  const table = new Table({
    head: ['', 'trial', metricIn(search), ...varied, 'epochs', 'duration'],
    colAligns: ['right', 'right', 'right', ...varied.map((name) => alignmentIn(search, name)), 'right', 'right'],
    ...plain,
  });
  for (const [i, trial] of trials.entries()) {
    const values = varied.map((name) => formatValue(trial.hyperparameters[name]));
    table.push([
      i + 1,
      trial.number,
      formatNumber(trial.value),
      ...values,
      formatCount(trial.epochs),
      formatDuration(trial.durationMs === null ? null : trial.durationMs / 1000),
    ]);
  }
  return table.toString();
}

/** Numbers are on the right. */
function alignmentIn({ specification: { hyperparameters } }: Search, name: string): 'left' | 'right' {
  const setting = hyperparameters[name as keyof typeof hyperparameters];
  return typeof setting === 'object' && 'distribution' in setting && setting.distribution === 'categorical'
    ? 'left'
    : 'right';
}

/** What can be said of the best value: its interval, the baseline, trials that are no worse, and its confirmed and test values. */
export function bestLines({ items, evidence, certainty, confirmed, test }: Best): string[] {
  const [first] = items;
  if (first === undefined) return [];
  const lines: string[] = [];
  if (evidence !== null) {
    const { interval, alike, comparisons, text } = evidence;
    if (interval !== null) {
      const selected = comparisons === 1 ? '' : `, of the best of ${formatCount(comparisons)}`;
      lines.push(`95 % interval${selected}: ${formatNumber(interval[0], 3)} to ${formatNumber(interval[1], 3)}`);
    }
    lines.push(text);
    if (alike !== null && alike > 0)
      lines.push(`${plural(alike, 'other trial')} cannot be distinguished from the best.`);
  }
  if (confirmed !== undefined) lines.push(certainty.text);
  if (test !== null) lines.push(`Test rows: ${formatTest(first.value, test)} (model ${test.model})`);
  return lines;
}

/** Findings with their frequency, an example and advice. */
export function findingLines({ trials, items, suggestions }: SearchFindings): string {
  if (items.length === 0) return `No problems were found in ${plural(trials, 'trial')}.`;
  const found = items
    .map(({ code, severity, concerns, trials: count, example, numbers }) =>
      [
        `${severityTitle(severity).padEnd(7)}  ${words(code)}: ${concerns === 'search' ? 'the search' : `${formatCount(count)} of ${plural(trials, 'trial')}`}`,
        `         ${concerns === 'search' ? '' : `trial ${numbers[0]}: `}${example.text}`,
        `         ${example.advice}`,
      ].join('\n'),
    )
    .join('\n');
  if (suggestions.length === 0) return found;
  return [
    found,
    '',
    'Suggestions (apply them with POST …/refine and {"apply": [ids]}):',
    ...suggestions.map(({ id, text }) => `  ${id}: ${text}`),
  ].join('\n');
}

/** The best option of each rule. */
export function whatIfTable({ specification }: Search, { rules, ofBest }: WhatIf): string {
  const { metric, direction } = specification.objective;
  const table = new Table({
    head: [
      'rule',
      'setting',
      'epochs saved',
      'stopped',
      `best ${metric}`,
      'rank',
      'lost',
      `of best ${ofBest}`,
      'fewer trials',
    ],
    colAligns: ['left', 'left', ...Array<'right'>(7).fill('right')],
    ...plain,
  });
  for (const { rule, setting, options } of rules) {
    const [option] = options.toSorted(byTradeoff(direction));
    if (option === undefined) continue;
    const { setting: value, saved, stopped, best, lost, keptOfBest, fewerTrials } = option;
    table.push([
      ...[rule, `${setting} ${formatValue(value)}`, formatPercent(saved), stopped],
      ...[
        formatNumber(best?.value),
        formatValue(best?.rank),
        formatNumber(lost, 2),
        keptOfBest,
        formatNumber(fewerTrials),
      ],
    ]);
  }
  return table.toString();
}

/** Why rules are missing, and which trials were replayed. */
export function whatIfNotes({ rules, trials, stage }: WhatIf): string {
  const { replayed, thinned, removed, pruned, failed, open } = trials;
  const left = Object.entries({
    pruned,
    'failed or cancelled': failed,
    'not ended': open,
    'to limit the computation': thinned,
    'whose curves were removed': removed,
  });
  const out = left.filter(([, count]) => count > 0).map(([why, count]) => `${count} ${why}`);
  return [
    ...rules.flatMap(({ rule, unavailable }) => (unavailable === null ? [] : [`${rule}: ${unavailable}`])),
    `Replayed: ${plural(replayed, 'complete trial')} of stage ${stage + 1}.${out.length > 0 ? ` Left out: ${out.join(', ')}.` : ''}`,
    'fewer trials: the expected best of as many trials without a pruner as fit into these epochs.',
  ].join('\n');
}

/** Pre-flight checks and findings by family of networks. */
export function preflightLines({ families, leftOut }: Preflight): string {
  const lines = families.flatMap(({ settings, example, checks, findings }) => {
    const { activation, initializer, preprocessing, batchNorm, hiddenUnits } = settings;
    const norm = batchNorm ? ', batch norm' : '';
    return [
      `${plural(hiddenUnits.length, 'hidden layer')} (${hiddenUnits.join(', ') || 'none'}), ${activation}, ${initializer}, ${preprocessing}${norm}, as in trial ${example}`,
      ...checks.map(({ passed, text }) => `  ${passed ? 'ok     ' : 'FAILED '}  ${text}`),
      ...findings.map(
        ({ severity, code, advice }) => `  ${severityTitle(severity).padEnd(7)}  ${words(code)}: ${advice}`,
      ),
    ];
  });
  return [...lines, ...(leftOut > 0 ? [`${leftOut} less frequent kinds of networks were not checked.`] : [])].join(
    '\n',
  );
}

export function sessionTable(sessions: readonly BrowserSession[]): string {
  const table = new Table({ head: ['id', 'name', 'role', 'project', 'began', 'ends'], ...plain });
  for (const { id, name, role, project, startedAt, expiresAt } of sessions) {
    table.push([id, name, role, project ?? 'all', startedAt, expiresAt]);
  }
  return table.toString();
}

export function keyTable(keys: readonly ApiKey[]): string {
  const table = new Table({ head: ['id', 'name', 'role', 'project', 'created', 'last used', 'revoked'], ...plain });
  for (const { id, name, role, project, createdAt, lastUsedAt, revokedAt } of keys) {
    table.push([id, name, role, project ?? 'all', createdAt, lastUsedAt ?? '–', revokedAt ?? '–']);
  }
  return table.toString();
}

/** What is used, of how much. */
export function projectTable(projects: readonly Project[]): string {
  const head = ['name', 'searches', 'data sets', 'models', 'keys', 'running trials', 'open searches', 'stored bytes'];
  const table = new Table({ head: [...head, 'requests a minute', 'websockets'], ...plain });
  const of = (used: number, limit: number | undefined) => (limit === undefined ? used : `${used} of ${limit}`);
  for (const { name, limits, used, searches, datasets, models, keys } of projects) {
    table.push([
      ...[name, searches, datasets, models, keys],
      of(used.runningTrials, limits.runningTrials),
      of(used.openSearches, limits.openSearches),
      of(used.storedBytes, limits.storedBytes),
      limits.requestsPerMinute ?? '–',
      limits.websockets ?? '–',
    ]);
  }
  return table.toString();
}

/** With their projects if there are several. */
export function searchTable(searches: readonly Search[]): string {
  const areSeveral = new Set(searches.map(({ project }) => project)).size > 1;
  const of = (project: string) => (areSeveral ? [project] : []);
  const table = new Table({
    head: ['id', 'name', ...of('project'), 'state', 'trials', 'best'],
    colAligns: ['left', 'left', ...(areSeveral ? ['left' as const] : []), 'left', 'right', 'left'],
    ...plain,
  });
  for (const search of searches) {
    const { id, name, project, state } = search;
    table.push([id, name, ...of(project), state, endedText(search), bestText(search)]);
  }
  return table.toString();
}

/** The best value as the page shows it: confirmed if it is, and not as a result if it is luck. */
function bestText(search: Search): string {
  const { best } = search;
  if (best === null) return formatNumber(null);
  const { confirmed, value } = best;
  const text = confirmed === undefined ? formatNumber(value) : plusMinus(confirmed.value, confirmed.standardError);
  return bestEvidence(search)?.aboveBaseline === false ? `${text}, no better than baseline` : text;
}

function endedText({ trials }: Pick<Search, 'trials'>): string {
  return `${formatCount(ended(trials))} of ${formatCount(trials.total)}`;
}

export function ended({ complete, pruned, failed, cancelled }: Search['trials']): number {
  return complete + pruned + failed + cancelled;
}

export function searchLines(search: Search): string {
  const { trials, specification, best } = search;
  const counts = (['complete', 'diverged', 'pruned', 'failed', 'cancelled', 'running', 'paused', 'waiting'] as const)
    .filter((state) => trials[state] > 0)
    .map((state) => `${formatCount(trials[state])} ${state}`);
  const lines = [
    `${search.name} (${search.id})`,
    `  state    ${search.state}${search.failure === null ? '' : `: ${search.failure}`}`,
    `  trials   ${endedText(search)}${counts.length > 0 ? ` (${counts.join(', ')})` : ''}`,
    `  sampler  ${specification.sampler.type}, seed ${specification.sampler.seed}`,
    `  data     ${search.dataset.name || 'none'}`,
  ];
  if (best !== null) lines.push(`  best     ${metricIn(search)} ${formatNumber(best.value)} (trial ${best.number})`);
  if (search.tags.length > 0) lines.splice(1, 0, `  tags     ${search.tags.join(' ')}`);
  if (search.notes !== '') lines.push(`  notes    ${search.notes.replaceAll('\n', '\n           ')}`);
  const evidence = evidenceText(search);
  if (evidence !== undefined) lines.push(`  baseline ${evidence}`);
  const confirmed = search.confirmation && formatConfirmation(search.confirmation);
  if (confirmed !== undefined) lines.push(`  confirmed  ${confirmed}`);
  return [...lines, ...warningLines(search)].join('\n');
}

/** One line per warning. */
export function warningLines({ warnings }: Pick<Search, 'warnings'>): string[] {
  return warnings.map(({ path, message }) => `  warning  ${path}: ${message}`);
}

/** Trials of another tool may have a name for the objective that is none of ours. */
function metricIn({ specification: { objective, observed } }: Pick<Search, 'specification'>): string {
  return observed?.metric ?? objective.metric;
}
