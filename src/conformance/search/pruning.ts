/** Checks pruner fixtures: the epoch at which each of some curves, reported one trial after the other, is stopped; and brackets. */
import { hyperbandBrackets } from '../../algorithms/pruners/brackets.ts';
import { createPruner, type ImmediateSettings } from '../../algorithms/pruners/create-pruner.ts';
import { isList, isNumber, isNumbers, isRecord, type Json, type Mismatches, part, same } from './compare.ts';

export function isPruning(json: Json): boolean {
  return isList(json['curves']) && isRecord(json['expected']);
}

export function checkPruning(json: Json): Mismatches {
  const curves = part(
    json,
    'curves',
    (found): found is readonly (readonly number[])[] => isList(found) && found.every(isNumbers),
  );
  return Object.entries(part(json, 'expected', isRecord)).flatMap(([settings, expected]) =>
    same(settings, stops(settingsOf(settings), curves), expected),
  );
}

/** `median {startupTrials:5, warmupEpochs:0, interval:1}` */
function settingsOf(text: string): ImmediateSettings {
  const [, type, inside = ''] = text.match(/^(\w+)\s*\{(.*)\}$/) ?? [];
  const given = Object.fromEntries(
    [...inside.matchAll(/(\w+)\s*:\s*([\d.]+)/g)].map(([, name, value]) => [name, Number(value)]),
  );
  const looks = { startupTrials: 5, warmupEpochs: 0, interval: 1 };
  if (type === 'median') return { type, ...looks, ...given };
  if (type === 'percentile') return { type, percentile: 25, ...looks, ...given };
  if (type === 'successiveHalving') return { type, minEpochs: 1, reductionFactor: 3, ...given };
  throw new Error(`there is no pruner ${text}`);
}

/** The values are losses. */
function stops(settings: ImmediateSettings, curves: readonly (readonly number[])[]): (number | null)[] {
  const { counts, nextCheck, decide } = createPruner(settings, 'minimize');
  /** What was seen of every trial so far; whether it ran to its end. */
  const seen: { curve: readonly number[]; complete: boolean }[] = [];
  return curves.map((curve) => {
    for (let at = nextCheck(0, curve.length); at !== undefined; at = nextCheck(at, curve.length)) {
      const others = seen
        .filter((trial) => trial.curve.length >= at! && (counts === 'seen' || trial.complete))
        .map((trial) => trial.curve[at! - 1]!);
      const completeTrials = seen.filter(({ complete }) => complete).length;
      const bestSoFar = Math.min(...curve.slice(0, at));
      if (decide({ epochs: at, value: curve[at - 1]!, bestSoFar, others, completeTrials }).goesOn) continue;
      seen.push({ curve: curve.slice(0, at), complete: false });
      return at;
    }
    seen.push({ curve, complete: true });
    return null;
  });
}

export function isHyperband(json: Json): boolean {
  return isList(json['tables']);
}

export function checkHyperband(json: Json): Mismatches {
  return part(json, 'tables', isList).flatMap((table) => {
    const maxEpochs = part(table, 'maxEpochs', isNumber);
    const reductionFactor = part(table, 'reductionFactor', isNumber);
    const ours = hyperbandBrackets(maxEpochs, reductionFactor);
    const plain = (brackets: readonly unknown[]) =>
      brackets.map((bracket) => ({
        bracket: part(bracket, 'bracket', isNumber),
        rungs: part(bracket, 'rungs', isList).map((rung) => [
          part(rung, 'trials', isNumber),
          part(rung, 'epochs', isNumber),
        ]),
      }));
    return same(`R ${maxEpochs}, η ${reductionFactor}`, plain(ours), plain(part(table, 'brackets', isList)));
  });
}
