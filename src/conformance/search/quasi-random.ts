/** Checks fixtures of unscrambled Sobol and Halton points. */
import { halton, sobol } from '../../algorithms/samplers/sobol/quasi-random.ts';
import { isList, isNumbers, isRecord, type Json, type Mismatches, nearAll, part } from './compare.ts';

const sequences = { sobol, halton } as const;

export function isQuasiRandom(json: Json): boolean {
  return Object.keys(sequences).some((name) => isRecord(json[name]) && isList(json[name]['points']));
}

export function checkQuasiRandom(json: Json): Mismatches {
  return Object.entries(sequences).flatMap(([name, sequence]) => {
    if (!isRecord(json[name])) return [];
    return part(json[name], 'points', isList).flatMap((point, index) => {
      if (!isNumbers(point)) return [`${name}[${index}] is not a point`];
      const ours = point.map((_, dimension) => sequence(dimension, index));
      return nearAll(`${name}[${index}]`, ours, point);
    });
  });
}
