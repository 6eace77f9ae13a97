/** Files of trials that are damaged anywhere are read or refused, and what is read is whole. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerTrials } from '../../src/imports/trials/read-trials.ts';
import { projectRoot } from '../../src/paths.ts';

const folder = join(projectRoot, 'test', 'fixtures', 'trials');
const files = readdirSync(folder).filter((name) => /\.(?:csv|jsonl|db)$/.test(name));
const questions = { names: {}, dataset: '' };
const asked: Readonly<Record<string, object>> = {
  'optuna-two-objectives.csv': { metric: 'values_0', direction: 'minimize' },
  'optuna.csv': { direction: 'minimize' },
  'wandb.csv': { metric: 'val_loss' },
  'mlflow-runs.csv': { metric: 'val_loss' },
  'mlflow-page.csv': { metric: 'val_loss' },
};
/** Of the larger files a part, so that many damages are tried. */
const KEPT = 20_000;

describe.each(files)('%s', (name) => {
  const whole = readFileSync(join(folder, name));
  const bytes = name.endsWith('.db') ? whole : whole.subarray(0, whole.lastIndexOf('\n', KEPT) + 1);

  it('is read or refused, whatever is changed in it', { timeout: 60_000 }, async () => {
    const damage = fc.array(
      fc.record({
        at: fc.nat({ max: bytes.length - 1 }),
        length: fc.nat({ max: 60 }),
        put: fc.oneof(
          fc.string({ maxLength: 6 }),
          fc.constantFrom('NaN', '-1', '1e999', '\\u0000', '\\ud800', 'null', '\n', '"', ','),
        ),
      }),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        let text = Buffer.from(bytes);
        for (const { at, length, put } of changes)
          text = Buffer.concat([text.subarray(0, at), Buffer.from(put), text.subarray(at + length)]);
        const answer = answerTrials({ ...questions, ...asked[name], bytes: text });
        if (answer.kind === 'refused') {
          expect(answer.detail).not.toBe('');
          return;
        }
        const { record, trials, events } = answer.read.search;
        const rows = trials.flatMap(
          (part) => JSON.parse(Buffer.from(part).toString()) as { number: number; value: unknown }[],
        );
        expect(rows.map(({ number }) => number)).toEqual(rows.map((_, i) => i));
        expect(record.trials.total).toBe(rows.length);
        const told = events.flatMap((part) => JSON.parse(Buffer.from(part).toString()) as { seq: number }[]);
        expect(told.map(({ seq }) => seq)).toEqual(told.map((_, i) => i + 1));
      }),
      { numRuns: name.endsWith('.db') ? 40 : 150 },
    );
  });
});
