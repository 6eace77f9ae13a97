/** Commands to a store of searches, for tests that hold every store to the same rules: each is a few small numbers, and always makes sense. */

import type { SearchStore } from '../../src/application/ports/search-store.ts';
import type { FoldCurves } from '../../src/compute/trial.ts';
import type { Claim, FinishedTrial, PausedReport, Plan, TrialAction } from '../../src/domain/commands.ts';
import { hasBarriers } from '../../src/domain/pruner-rules.ts';
import { type Confirms, FIRST_RUN } from '../../src/domain/runs.ts';
import type { Search } from '../../src/domain/search.ts';
import { bracketIn, stageOf } from '../../src/domain/stages.ts';
import { Problem } from '../../src/errors.ts';

/** A store, and a way to see what is in it. */
export interface InspectableStore {
  readonly store: SearchStore;
  find(id: string): Promise<Search>;
  /** States and what they came to, by number. */
  trials(id: string): Promise<readonly SeenTrial[]>;
  /** Those of its confirmations, by number. */
  runs(id: string): Promise<readonly SeenRun[]>;
  events(id: string): Promise<readonly SeenEvent[]>;
}

export interface SeenTrial {
  readonly number: number;
  readonly state: string;
  readonly attempt: number;
  readonly rung: number;
  readonly value: number | null;
  readonly epochs: number;
  readonly found: readonly string[];
}

export interface SeenRun extends SeenTrial {
  readonly confirms: Confirms;
}

export interface SeenEvent {
  readonly seq: number;
  readonly type: string;
  readonly data: unknown;
}

const kinds = [
  ...['plan', 'plan', 'claim', 'claim', 'claimBriefly', 'finish', 'finish', 'finishWithNext', 'report', 'release'],
  ...['renew', 'expire', 'act', 'transition', 'change'],
] as const;

/** `kind`, `pick` and `amount` are any whole numbers from 0 on. */
export interface Command {
  readonly kind: number;
  readonly pick: number;
  readonly amount: number;
}

/** What the commands before have given: claims, some of which are over. */
export interface Run {
  readonly id: string;
  readonly claims: Claim[];
}

/** What the store answers; a refusal is its code. */
export async function perform(seen: InspectableStore, run: Run, command: Command): Promise<unknown> {
  const kind = kinds[command.kind % kinds.length]!;
  try {
    return withoutId(run.id, await does[kind](seen, run, command));
  } catch (error) {
    if (error instanceof Problem) return { refused: error.code };
    throw error;
  }
}

type Does = (seen: InspectableStore, run: Run, command: Command) => Promise<unknown>;
const worker = 'w';

const claimFor =
  (leaseSeconds: number): Does =>
  async ({ store }, { id, claims }, { pick }) => {
    const due = await store.deliveries(id);
    const delivery = due[pick % Math.max(due.length, 1)] ?? { searchId: id, from: 0, to: pick };
    const claimed = await store.claim(delivery, { worker, leaseSeconds });
    claims.push(...claimed.claims);
    return { due, claims: claimed.claims };
  };

const does: Readonly<Record<(typeof kinds)[number], Does>> = {
  plan: async ({ store, find }, { id, claims }, { pick, amount }) => {
    const plan = nextPlan(await find(id), 1 + (amount % 4), pick);
    const { search: _, ...added } = await store.addTrials(id, plan);
    claims.push(...added.claims);
    return added;
  },
  claim: claimFor(1000),
  // It is over as soon as it is given.
  claimBriefly: claimFor(-1),
  finish: async ({ store }, { id, claims }, { pick, amount }) => {
    const results = picked(claims, pick).map((claim) => resultOf(claim, amount));
    const { search: _, ...finished } = await store.finish(id, results);
    return finished;
  },
  finishWithNext: async ({ store, find }, { id, claims }, { pick, amount }) => {
    const results = picked(claims, pick).map((claim) => resultOf(claim, amount));
    const { search: _, ...finished } = await store.finish(id, results, nextPlan(await find(id), 2, pick));
    claims.push(...(finished.next?.claims ?? []));
    return finished;
  },
  report: async ({ store, find }, { id, claims }, { pick, amount }) => {
    const [claim] = picked(claims, pick);
    if (claim === undefined) return undefined;
    const search = await find(id);
    if (hasBarriers(search.specification.pruner)) {
      // Sometimes several at once, and some of attempts that are over.
      const reports = picked(claims, pick).map((own) => reportOf(search, own, amount));
      return (await store.pauseAtRungs(id, reports)).deliveries;
    }
    const { search: _, ...reported } = await store.reportValue(id, reportOf(search, claim, amount));
    return reported;
  },
  release: async ({ store }, { id, claims }, { pick, amount }) => {
    const how = (['crashed', 'handedBack', 'hopeless'] as const)[amount % 3]!;
    const returned = picked(claims, pick).map(({ number, attempt }) => ({ number, attempt, reason: how, how }));
    return (await store.release(id, returned)).deliveries;
  },
  renew: async ({ store }, { claims }, { pick, amount }) => {
    const renewals = picked(claims, pick).map((claim) => ({ ...claim, curves: { epochs: amount % 9, folds: [] } }));
    const lost = await store.renew(renewals, 1000);
    return lost.map(({ number, attempt }) => ({ number, attempt }));
  },
  expire: async ({ store }, { id }) => {
    const back = await store.reapExpired();
    return { back, due: await store.countDeliveries(), underfilled: (await store.underfilled(3)).includes(id) };
  },
  act: async ({ store }, { id }, { pick, amount }) => {
    const action = (['pause', 'resume', 'cancel', 'retry'] satisfies TrialAction[])[amount % 4]!;
    const number = pick % 13 === 12 ? FIRST_RUN : pick % 13;
    return (await store.actOnTrial(id, number, action)).deliveries;
  },
  transition: async ({ store }, { id }, { pick }) => {
    // Most searches are to go on.
    const transition = pick % 13 === 0 ? 'cancel' : pick % 3 === 0 ? 'pause' : 'resume';
    return (await store.transition(id, transition)).state;
  },
  change: async ({ store }, { id }, { pick, amount }) => {
    const budgets = [{ trials: 1 + (pick % 20) }, { epochs: null }, { failures: 1 + (pick % 4) }, { failures: null }];
    const budget = { ...budgets[amount % budgets.length]!, ...(pick % 5 === 0 && { target: 0.5 + (pick % 50) / 100 }) };
    const { deliveries, search } = await store.change(id, { name: `n${amount % 3}`, budget });
    return { deliveries, name: search.name, budget: search.specification.budget };
  },
};

/** One claim or two, whether they still hold or not. */
function picked(claims: readonly Claim[], pick: number): readonly Claim[] {
  if (claims.length === 0) return [];
  const first = claims[pick % claims.length]!;
  const second = claims[(pick * 7 + 3) % claims.length]!;
  return pick % 3 === 0 && second.number !== first.number ? [first, second] : [first];
}

/** Sometimes one that begins too early, is of another history, or is claimed at once. */
function nextPlan(search: Search, count: number, pick: number): Plan {
  const { planned } = search.trials;
  const from = Math.max(0, planned - (pick % 5 === 0 ? 1 : 0));
  const trials = Array.from({ length: count }, (_, i) => {
    const number = from + i;
    const job = pick % 2 === 0 ? `${from}` : `${number}`;
    return { number, stage: 0, point: { learningRate: 1 / (number + 1) }, job };
  });
  const claimer = pick % 3 === 0 ? { worker, leaseSeconds: 1000, count: 1 } : undefined;
  return { from, trials, version: pick % 11 === 0 ? 99 : undefined, claimer };
}

const series = { gradientNorm: [], peakLoss: [], peakStep: [], regularizationLoss: [], signals: [] };
const fold = { epochs: [], ...series } as unknown as FoldCurves;

function madeUpValue({ number, attempt }: Claim, amount: number): number | null {
  return amount % 7 === 6 ? null : ((number * 37 + attempt * 11 + amount * 5) % 100) / 100;
}

export function resultOf(claim: Claim, amount: number): FinishedTrial {
  const value = madeUpValue(claim, amount);
  return {
    ...{ number: claim.number, attempt: claim.attempt, value, deviation: null, epochs: 9, folds: [] },
    ...{ outcome: value === null ? 'diverged' : 'ok', reason: null, findings: findingsOf(amount) },
    ...{ resultHash: `${amount}`, kernels: 'plain', durationMs: 1.5 },
  };
}

function reportOf(search: Search, claim: Claim, amount: number): PausedReport {
  const value = madeUpValue(claim, amount);
  const stage = stageOf(search, claim.number);
  const rungs = stage && bracketIn(search.specification, stage, claim.number)?.rungs;
  const epochs = rungs?.[claim.rung]?.epochs ?? 1 + (amount % 3);
  return {
    ...{ number: claim.number, attempt: claim.attempt, epochs, value, best: value, folds: [fold] },
    ...{ findings: findingsOf(amount), checkpoint: new Uint8Array([claim.number, amount % 256]), kernels: 'plain' },
    durationMs: 0.25,
  };
}

function findingsOf(amount: number): FinishedTrial['findings'] {
  if (amount % 3 !== 0) return [];
  const text = { cause: null, evidence: {}, text: '', advice: '' };
  return [{ code: 'plateau', severity: 'warning', layer: null, since: 1, folds: [0], ...text }];
}

/** Two stores give a search two names. */
function withoutId(id: string, answer: unknown): unknown {
  if (answer instanceof Uint8Array) return [...answer];
  if (Array.isArray(answer)) return answer.map((one) => withoutId(id, one));
  if (typeof answer !== 'object' || answer === null) return answer;
  const entries = Object.entries(answer).filter(([, value]) => value !== id && value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, withoutId(id, value)]));
}
