/** What happens to trials that are looked at before they end. Used by search-store.ts inside its transactions. */
import { type Bracket, epochsBefore } from '../searches/brackets.ts';
import { countFound, type Effect, joined } from '../searches/effect.ts';
import type { Delivery, Looked, PausedReport } from '../searches/ports.ts';
import { hasBarriers } from '../searches/pruning.ts';
import type { Change, Search, TrialSummary } from '../searches/records.ts';
import { bracketIn, type Stage, stageOf } from '../searches/stages.ts';
import { comparedWith, judge, judgeAlone, judgeRung, type Verdict } from '../searches/verdicts.ts';
import type { Transaction } from './connection.ts';
import { deliveriesOf } from './deliveries.ts';
import { Prisma } from './prisma-client/client.ts';
import { concluded } from './search-end.ts';

const nothing = { result: [], changes: [] } as const;

export async function look(
  tx: Transaction,
  search: Search,
  report: PausedReport,
): Promise<Effect<{ looked: Looked; deliveries: readonly Delivery[] }>> {
  const { number, attempt, epochs, value } = report;
  const [held] = await tx.$queryRaw<{ rung: number }[]>`
    SELECT rung FROM trials WHERE search_id = ${search.id}::uuid AND number = ${number}::int
      AND attempt = ${attempt}::int AND state = 'running' FOR UPDATE`;
  const stage = stageOf(search, number);
  if (held === undefined || stage === undefined) return { result: { looked: 'over', deliveries: [] }, changes: [] };
  await tx.$executeRaw`
    INSERT INTO reports (search_id, epochs, number, value)
    VALUES (${search.id}::uuid, ${epochs}::int, ${number}::int, ${value}::double precision) ON CONFLICT DO NOTHING`;
  if (hasBarriers(search.specification.pruner)) {
    const effect = joined(await rest(tx, search, report, held.rung, stage), await settle(tx, search, [number]));
    const whole = await concluded(tx, search, effect);
    return { ...whole, result: { looked: 'over', deliveries: whole.result } };
  }
  const verdict = await judged(tx, search, stage, report);
  if (verdict === undefined) return { result: { looked: 'goesOn', deliveries: [] }, changes: [] };
  const effect = await concluded(tx, search, await stop(tx, search, report, verdict));
  return { ...effect, result: { looked: 'over', deliveries: [] } };
}

/** The trial waits at its rung, with all it needs to go on anywhere. */
async function rest(
  tx: Transaction,
  search: Search,
  { number, attempt, epochs, value, folds, findings, checkpoint, kernels, durationMs }: PausedReport,
  rung: number,
  stage: Stage,
): Promise<Effect<undefined>> {
  await tx.$executeRaw`
    UPDATE trials SET state = 'paused', lease_until = NULL, value = ${value}::double precision, epochs = ${epochs}::int,
      curves = ${JSON.stringify(folds)}::jsonb, ${foundIn(findings)}, kernels = ${kernels},
      duration_ms = coalesce(duration_ms, 0) + ${durationMs}::double precision
    WHERE search_id = ${search.id}::uuid AND number = ${number}::int`;
  await tx.$executeRaw`
    INSERT INTO checkpoints (search_id, number, bytes) VALUES (${search.id}::uuid, ${number}::int, ${checkpoint}::bytea)
    ON CONFLICT (search_id, number) DO UPDATE SET bytes = excluded.bytes`;
  const before = epochsBefore(bracketIn(search.specification, stage, number), rung);
  return {
    result: undefined,
    changes: [
      {
        type: 'trial.paused',
        data: { number, attempt, rung, epochs, value, durationMs, found: findings.map(({ code }) => code) },
      },
    ],
    counters: { running: -1, paused: 1, epochs: epochs - before },
  };
}

function foundIn(findings: PausedReport['findings']): Prisma.Sql {
  const codes = findings.map(({ code }) => code);
  return Prisma.sql`findings = ${JSON.stringify(findings)}::jsonb, found = ${codes}::text[]`;
}

async function judged(
  tx: Transaction,
  { id, specification, trials }: Search,
  stage: Stage,
  { number, epochs, value, best, lasting }: PausedReport,
): Promise<Verdict | undefined> {
  const whom = comparedWith(specification);
  if (whom === 'none') return judgeAlone(specification, { epochs, value, lasting });
  const counted = whom === 'complete' ? Prisma.sql`AND t.state = 'complete'` : Prisma.empty;
  const rows = await tx.$queryRaw<{ value: number }[]>`
    SELECT r.value FROM reports r JOIN trials t ON t.search_id = r.search_id AND t.number = r.number ${counted}
    WHERE r.search_id = ${id}::uuid AND r.epochs = ${epochs}::int AND r.value IS NOT NULL
      AND r.number <> ${number}::int AND r.number >= ${stage.from}::int AND r.number < ${stage.to}::int`;
  const others = rows.map((row) => row.value);
  return judge(specification, { epochs, value, bestSoFar: best, others, completeTrials: trials.complete });
}

async function stop(
  tx: Transaction,
  search: Search,
  { number, attempt, epochs, value, folds, findings, kernels, durationMs }: PausedReport,
  verdict: Verdict,
): Promise<Effect<undefined>> {
  await tx.$executeRaw`
    UPDATE trials SET state = 'pruned', lease_until = NULL, finished_at = now(), value = ${value}::double precision,
      epochs = ${epochs}::int, curves = ${JSON.stringify(folds)}::jsonb, ${foundIn(findings)}, kernels = ${kernels},
      duration_ms = ${durationMs}::double precision, reason = ${verdict.text}, verdict = ${JSON.stringify(verdict)}::jsonb
    WHERE search_id = ${search.id}::uuid AND number = ${number}::int`;
  const found = findings.map(({ code }) => code);
  return {
    result: undefined,
    changes: [
      {
        type: 'trial.pruned',
        data: {
          number,
          attempt,
          value,
          epochs,
          durationMs,
          reason: verdict.text,
          verdict,
          found,
        },
      },
    ],
    counters: { running: -1, pruned: 1, epochs },
    found: countFound([{ found }]),
  };
}

/**
 * Judges the brackets of the trials `numbers`, as far as all that belong to them have come to their rung or ended: the best go on,
 * the rest are stopped. To be called in every change that moves a trial out of `waiting` and `running`.
 */
export async function settle(
  tx: Transaction,
  search: Search,
  numbers: readonly number[],
): Promise<Effect<readonly Delivery[]>> {
  const { specification } = search;
  if (!hasBarriers(specification.pruner)) return nothing;
  const brackets = new Map<number, Bracket>();
  for (const number of numbers) {
    const stage = stageOf(search, number);
    const bracket = stage && bracketIn(specification, stage, number);
    if (bracket !== undefined) brackets.set(bracket.from, bracket);
  }
  let effect: Effect<readonly Delivery[]> = nothing;
  for (const bracket of brackets.values()) {
    const { result } = effect;
    const next = await settleBracket(tx, search, bracket);
    effect = { ...joined(effect, next), result: [...result, ...next.result] };
  }
  return effect;
}

interface Row {
  readonly number: number;
  readonly attempt: number;
  readonly state: 'paused' | 'complete';
  readonly rung: number;
  readonly value: number | null;
  readonly epochs: number;
  readonly found: TrialSummary['found'];
}

async function settleBracket(tx: Transaction, search: Search, bracket: Bracket): Promise<Effect<readonly Delivery[]>> {
  const { from, to } = bracket;
  if (search.trials.planned < to) return nothing;
  const mine = Prisma.sql`search_id = ${search.id}::uuid AND number >= ${from}::int AND number < ${to}::int`;
  const [open] = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM trials WHERE ${mine} AND state IN ('waiting', 'running') LIMIT 1`;
  if (open !== undefined) return nothing;
  const rows = await tx.$queryRaw<Row[]>`
    SELECT number, attempt, state, rung, value, epochs, found FROM trials WHERE ${mine} AND state IN ('paused', 'complete')`;
  const paused = rows.filter(({ state }) => state === 'paused');
  const [first] = paused;
  if (first === undefined) return nothing;
  const contenders = rows.map(({ state, ...row }) => ({ ...row, waits: state === 'paused' }));
  const { promoted, stopped } = judgeRung(search.specification, bracket, first.rung, contenders);
  const rung = first.rung + 1;
  const went = promoted.map(({ number }) => ({ number, job: `${number}r${rung}` }));
  await write(tx, search, rung, went, stopped);
  const of = contenders.filter((contender) => contender.rung === first.rung).length;
  const byNumber = new Map(paused.map((row) => [row.number, row]));
  const changes: Change[] = [
    ...promoted.map(({ number, rank }): Change => ({ type: 'trial.promoted', data: { number, rung, rank, of } })),
    ...stopped.map(({ number, verdict }): Change => {
      const { attempt, value, epochs, found } = byNumber.get(number)!;
      const data = { number, attempt, value, epochs, durationMs: null, reason: verdict.text, verdict, found };
      return { type: 'trial.pruned', data };
    }),
  ];
  return {
    result: search.state === 'running' ? deliveriesOf(search.id, went) : [],
    changes,
    counters: { paused: -paused.length, waiting: went.length, pruned: stopped.length },
    found: countFound(stopped.map(({ number }) => byNumber.get(number)!)),
  };
}

async function write(
  tx: Transaction,
  search: Search,
  rung: number,
  promoted: readonly { readonly number: number; readonly job: string }[],
  stopped: readonly { readonly number: number; readonly verdict: Verdict }[],
): Promise<void> {
  await tx.$executeRaw`
    UPDATE trials t SET state = 'waiting', rung = ${rung}::int, job = r.job
    FROM jsonb_to_recordset(${JSON.stringify(promoted)}::jsonb) AS r(number int, job text)
    WHERE t.search_id = ${search.id}::uuid AND t.number = r.number`;
  const rows = stopped.map(({ number, verdict }) => ({ number, reason: verdict.text, verdict }));
  await tx.$executeRaw`
    UPDATE trials t SET state = 'pruned', finished_at = now(), reason = r.reason, verdict = r.verdict
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(number int, reason text, verdict jsonb)
    WHERE t.search_id = ${search.id}::uuid AND t.number = r.number`;
  await tx.$executeRaw`
    DELETE FROM checkpoints WHERE search_id = ${search.id}::uuid
      AND number = ANY(${stopped.map(({ number }) => number)}::int[])`;
}
