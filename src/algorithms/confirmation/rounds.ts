/**
 * How the runs of a confirmation are divided among its finalists: best-arm identification with a fixed budget of runs. A design is a list of
 * rounds; after each of them the worst finalists drop out. All finalists of a round have the same number of repetitions, so their means are
 * comparable, and a round starts when the one before has ended, so it does not matter in which order runs end.
 *
 * `all`: every finalist has all repetitions. `successiveRejects`: Audibert, Bubeck & Munos, "Best Arm Identification in Multi-Armed Bandits"
 * (COLT 2010). `sequentialHalving`: Karnin, Koren & Somekh, "Almost Optimal Exploration in Multi-Armed Bandits" (ICML 2013).
 */

export const designs = ['successiveRejects', 'sequentialHalving', 'all'] as const;
export type Design = (typeof designs)[number];

export interface Round {
  /** How many finalists take part. */
  readonly finalists: number;
  /** How many repetitions each of them has at the end of the round, including those of earlier rounds. */
  readonly repeats: number;
}

/** At most `finalists` × `repeats` runs. Both are at least 1. */
export function roundsOf(design: Design, finalists: number, repeats: number): readonly Round[] {
  // Of two, none can drop out before the end.
  if (finalists <= 2 || design === 'all') return [{ finalists, repeats }];
  const rounds = design === 'successiveRejects' ? rejects(finalists, repeats) : halving(finalists, repeats);
  // Finalists that drop out one after the other without new runs drop out together.
  return rounds.filter(({ repeats: own }, i) => own > (rounds[i - 1]?.repeats ?? 0));
}

/** One of K finalists drops out after each of K − 1 rounds: nₖ = ⌈(n − K) / (loḡ(K)·(K + 1 − k))⌉ with loḡ(K) = ½ + Σᵢ₌₂ 1/i. */
function rejects(finalists: number, repeats: number): Round[] {
  const runs = finalists * repeats;
  let logarithm = 0.5;
  for (let i = 2; i <= finalists; i++) logarithm += 1 / i;
  return Array.from({ length: finalists - 1 }, (_, k) => ({
    finalists: finalists - k,
    repeats: Math.ceil((runs - finalists) / (logarithm * (finalists - k))),
  }));
}

/**
 * Half of the finalists drop out after each of ⌈log₂ K⌉ rounds, which have the same number of runs. Where that is less than one for each, there
 * is one, and the last rounds are left out.
 */
function halving(finalists: number, repeats: number): Round[] {
  const count = Math.ceil(Math.log2(finalists));
  const rounds: Round[] = [];
  for (let left = finalists, each = 0; left > 1; left = Math.ceil(left / 2)) {
    each += Math.max(1, Math.floor((finalists * repeats) / (left * count)));
    const more = { finalists: left, repeats: each };
    if (runsOf([...rounds, more]) > finalists * repeats) break;
    rounds.push(more);
  }
  return rounds;
}

/** The most runs that a design needs. */
export function runsOf(rounds: readonly Round[]): number {
  return rounds.reduce(
    (sum, { finalists, repeats }, i) => sum + finalists * (repeats - (rounds[i - 1]?.repeats ?? 0)),
    0,
  );
}
