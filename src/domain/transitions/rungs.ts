/** Intermediate values: a trial that has reported one is stopped, goes on, or waits at its rung for the others of its bracket. */
import { type Bracket, epochsBefore } from '../brackets.ts';
import type { Delivery, PausedReport, PruneDecision } from '../commands.ts';
import { promotedJobs } from '../jobs.ts';
import { comparedWith, decide, decideAlone, decideRung } from '../prune-decisions.ts';
import { hasBarriers } from '../pruner-rules.ts';
import { bracketIn, type Stage, stageOf } from '../stages.ts';
import type { Verdict } from '../trial.ts';
import { deliveriesOf } from './deliveries.ts';
import { conclude } from './ending.ts';
import type { TrialQuery } from './facts.ts';
import type { SearchUpdate } from './search-update.ts';
import type { TrialRecord } from './trial-record.ts';

/** Reports an intermediate value to a pruner without barriers. `goesOn`: the trial keeps its claim. */
export async function reportValue(
  update: SearchUpdate,
  report: PausedReport,
): Promise<{ readonly decision: PruneDecision; readonly deliveries: readonly Delivery[] }> {
  const { number, attempt, epochs, value } = report;
  const [trial] = await update.trials(reportReads([report]));
  const stage = stageOf(update.search, number);
  if (trial?.attempt !== attempt || stage === undefined) return { decision: 'over', deliveries: [] };
  update.report(number, epochs, value);
  const verdict = await verdictOn(update, stage, report);
  if (verdict === undefined) return { decision: 'goesOn', deliveries: [] };
  stop(update, trial, report, verdict);
  const runs = await conclude(update);
  return { decision: 'over', deliveries: update.search.state === 'running' ? runs : [] };
}

/** What both kinds of reports ask first. */
export function reportReads(reports: readonly PausedReport[]): TrialQuery {
  return { numbers: reports.map(({ number }) => number), states: ['running'] };
}

/** Trials that have reached their rungs wait there: their claims end. Reports of attempts that are not current are ignored. */
export async function pauseAtRungs(
  update: SearchUpdate,
  reports: readonly PausedReport[],
): Promise<readonly Delivery[]> {
  const running = await update.trials(reportReads(reports));
  const records = new Map(running.map((trial) => [trial.number, trial]));
  const paused: number[] = [];
  for (const report of reports.toSorted((a, b) => a.number - b.number)) {
    const trial = records.get(report.number);
    const stage = stageOf(update.search, report.number);
    if (trial?.attempt !== report.attempt || stage === undefined) continue;
    update.report(report.number, report.epochs, report.value);
    pauseAtRung(update, trial, stage, report);
    paused.push(report.number);
  }
  if (paused.length === 0) return [];
  const deliveries = await settleBrackets(update, paused);
  const runs = await conclude(update);
  return update.search.state === 'running' ? [...deliveries, ...runs] : [];
}

/** The trial waits at its rung, with all it needs to go on anywhere. */
function pauseAtRung(update: SearchUpdate, trial: TrialRecord, stage: Stage, report: PausedReport): void {
  const { number, attempt, epochs, value, findings, durationMs } = report;
  const found = findings.map(({ code }) => code);
  update.updateTrial(trial, {
    ...{ state: 'paused', leaseSeconds: null, value, epochs, curves: report.folds, findings, found },
    ...{ kernels: report.kernels, durationMs: (trial.durationMs ?? 0) + durationMs },
  });
  update.putCheckpoint(number, report.checkpoint);
  const before = epochsBefore(bracketIn(update.search.specification, stage, number), trial.rung);
  update.addTraining({ epochs: epochs - before });
  update.event({
    type: 'trial.paused',
    data: { number, attempt, rung: trial.rung, epochs, value, durationMs, found },
  });
}

async function verdictOn(
  { search, facts }: SearchUpdate,
  { from, to }: Stage,
  { number, epochs, value, best, lasting }: PausedReport,
): Promise<Verdict | undefined> {
  const { specification, trials } = search;
  const compared = comparedWith(specification);
  if (compared === 'none') return decideAlone(specification, { epochs, value, lasting });
  const others = await facts.reports({ epochs, from, to, except: number, onlyComplete: compared === 'complete' });
  return decide(specification, { epochs, value, bestSoFar: best, others, completeTrials: trials.complete });
}

function stop(update: SearchUpdate, trial: TrialRecord, report: PausedReport, verdict: Verdict): void {
  const { number, attempt, epochs, value, findings, durationMs } = report;
  const found = findings.map(({ code }) => code);
  const reason = verdict.text;
  update.updateTrial(trial, {
    ...{ state: 'pruned', leaseSeconds: null, finishedAt: 'now', value, epochs, curves: report.folds },
    ...{ findings, found, kernels: report.kernels, durationMs, reason, verdict },
  });
  update.addTraining({ epochs });
  update.event({ type: 'trial.pruned', data: { number, attempt, value, epochs, durationMs, reason, verdict, found } });
}

/**
 * Compares the trials of a bracket, once all of them have reached their rung or ended: the best continue, the others are stopped. To be called in
 * every change that moves one of the trials `numbers` out of `waiting` and `running`.
 */
export async function settleBrackets(update: SearchUpdate, numbers: readonly number[]): Promise<readonly Delivery[]> {
  const { specification } = update.search;
  if (!hasBarriers(specification.pruner)) return [];
  const brackets = new Map<number, Bracket>();
  for (const number of numbers) {
    const stage = stageOf(update.search, number);
    const bracket = stage && bracketIn(specification, stage, number);
    if (bracket !== undefined) brackets.set(bracket.from, bracket);
  }
  const deliveries: Delivery[] = [];
  for (const bracket of brackets.values()) deliveries.push(...(await settleBracket(update, bracket)));
  return deliveries;
}

async function settleBracket(update: SearchUpdate, bracket: Bracket): Promise<readonly Delivery[]> {
  const { from, to } = bracket;
  const { id, state, specification, trials } = update.search;
  if (trials.planned < to) return [];
  const [open] = await update.trials({ from, to, states: ['waiting', 'running'], limit: 1 });
  if (open !== undefined) return [];
  const all = await update.trials({ from, to, states: ['paused', 'complete'] });
  const paused = new Map(all.filter((trial) => trial.state === 'paused').map((trial) => [trial.number, trial]));
  const [first] = paused.values();
  if (first === undefined) return [];
  const entries = all.map((trial) => ({ ...trial, waits: trial.state === 'paused' }));
  const { promoted, stopped } = decideRung(specification, bracket, first.rung, entries);
  const of = entries.filter((entry) => entry.rung === first.rung).length;
  const rung = first.rung + 1;
  const goingOn = promoted.map(({ number }) => paused.get(number)!);
  const jobs = promotedJobs(goingOn, rung, bracket.rungs[rung]?.epochs ?? 0);
  const next = promoted.map(({ number, rank }) => {
    update.event({ type: 'trial.promoted', data: { number, rung, rank, of } });
    return update.updateTrial(paused.get(number)!, { state: 'waiting', rung, job: jobs.get(number)! });
  });
  for (const { number, verdict } of stopped) {
    const trial = paused.get(number)!;
    const { attempt, value, epochs, found } = trial;
    const reason = verdict.text;
    update.updateTrial(trial, { state: 'pruned', finishedAt: 'now', reason, verdict });
    const data = { number, attempt, value, epochs, durationMs: null, reason, verdict, found };
    update.event({ type: 'trial.pruned', data });
  }
  update.removeCheckpoints(stopped.map(({ number }) => number));
  return state === 'running' ? deliveriesOf(id, next) : [];
}
