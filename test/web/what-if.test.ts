/** What the page says of replayed pruners. */
import { describe, expect, it } from 'vitest';
import { replayRules } from '../../src/domain/what-if/what-if.ts';
import type { WhatIf } from '../../web/src/api.ts';
import {
  bestChoice,
  choicesOf,
  newSearchAddress,
  replayedText,
  tradeoffOf,
  verdictOf,
} from '../../web/src/search/what-if-data.ts';

const EPOCHS = 9;
/** Even trials rise, odd ones are bad. */
const curves = Array.from({ length: 20 }, (_, number) => {
  const fold = Array.from({ length: EPOCHS }, (__, i) => (number % 2 === 1 ? 0.1 : 0.5 + 0.01 * i + 0.001 * number));
  return { number, folds: [fold], budget: EPOCHS, patience: 0, epochs: EPOCHS, value: fold.at(-1)! };
});

function answer(trials: Partial<WhatIf['trials']> = {}): WhatIf {
  const replays = replayRules(curves, { metric: 'validationAccuracy', direction: 'maximize' });
  return {
    stage: 0,
    trials: { replayed: 20, thinned: 0, removed: 0, pruned: 0, failed: 0, open: 0, ...trials },
    ...replays,
  };
}

describe('what if', () => {
  it('recommends what saves most without a loss, over all rules', () => {
    const best = bestChoice(answer(), 'maximize')!;
    expect(best.option.lost).toBe(0);
    const free = choicesOf(answer()).filter(({ option }) => option.lost === 0);
    expect(best.option.saved).toBe(Math.max(...free.map(({ option }) => option.saved)));
    expect(verdictOf(best, answer())).toMatch(
      /^It would have saved \d+ % of the epochs and lost nothing: the best is kept, trial 18, 0.598\.$/,
    );
  });

  it('says what is lost, and what early stopping gains', () => {
    const best = bestChoice(answer(), 'maximize')!;
    const withLost = (lost: number) => ({ ...best, option: { ...best.option, lost } });
    expect(verdictOf(withLost(0.0123), answer())).toContain('lost 0.012: its best, trial 18, 0.598, has rank 1');
    expect(verdictOf(withLost(-0.0123), answer())).toContain('gained 0.012');
    expect(verdictOf({ ...best, option: { ...best.option, best: null, lost: null } }, answer())).toContain(
      'kept no trial',
    );
  });

  it('counts the trials that are left out, with the reason, and cautions if most are', () => {
    expect(replayedText(answer(), 0)).toBe('Replayed: 20 complete trials.');
    const text = replayedText(answer({ pruned: 30, failed: 1, open: 2, thinned: 1000 }), 2);
    expect(text).toContain(
      'Replayed: 20 complete trials of stage 1. Left out: 30 pruned (their final values are unknown',
    );
    expect(text).toContain('1 failed or cancelled, 2 not ended yet, 1,000 to limit the computation.');
    expect(text).toContain('savings are biased');
  });

  it('draws every option once, by what it saves, beside the expectation of fewer trials', () => {
    const all = answer();
    const chosen = bestChoice(all, 'maximize')!;
    const { columns, lines, choices } = tradeoffOf(all, chosen);
    expect(columns).toHaveLength(lines.length + 1);
    const [xs, , ...ofRules] = columns;
    expect(xs).toEqual([...(xs as number[])].sort((a, b) => a - b));
    const last = ofRules.pop()!;
    expect(last.filter((value) => value !== null)).toEqual([chosen.option.best!.value]);
    choices.forEach((choice, i) => {
      expect(ofRules.filter((column) => column[i] !== null)).toHaveLength(choice.option.best === null ? 0 : 1);
    });
  });

  it('leads to a new search with that pruner, or with that patience', () => {
    const of = (rule: string) => choicesOf(answer()).find((choice) => choice.rule.rule === rule)!;
    const pruner = new URL(newSearchAddress('ID', of('hyperband')), 'http://x').searchParams;
    expect([pruner.get('from'), JSON.parse(pruner.get('pruner')!)]).toEqual([
      'ID',
      expect.objectContaining({ type: 'hyperband' }),
    ]);
    expect(newSearchAddress('ID', of('patience'))).toBe('/new?from=ID&patience=1');
  });
});
