import { describe, expect, it } from 'vitest';
import type { Finding, FindingCode, Severity } from '../../../src/diagnosis/finding.ts';
import { persistentFault } from '../../../src/diagnosis/persistent.ts';
import { nextDiagnosis } from '../../../src/domain/pruner-rules.ts';

function finding(code: FindingCode, severity: Severity = 'fault'): Finding {
  return { code, severity, layer: null, since: 0, cause: null, evidence: {}, text: 'It is so.', advice: 'Mend it.' };
}
const look = (trainLoss: number | null, ...findings: Finding[]) => ({ trainLoss, trainMetric: 0.2, findings });
const dead = finding('deadNetwork');

describe('persistentFault', () => {
  it('is a fault that was found at both looks while the loss stayed', () => {
    expect(persistentFault(look(2.3, dead), look(2.3, dead), 10)).toBe(dead);
    expect(persistentFault(undefined, look(2.3, dead), 10)).toBeUndefined();
    expect(persistentFault(look(2.3), look(2.3, dead), 10)).toBeUndefined();
    expect(persistentFault(look(2.3, dead), look(2.3), 10)).toBeUndefined();
  });

  it('is none where the loss comes down, or is low already', () => {
    expect(persistentFault(look(2.3, dead), look(2.1, dead), 10)).toBeUndefined();
    expect(persistentFault(look(1, dead), look(1, dead), 10)).toBeUndefined();
    expect(persistentFault(look(2.3, dead), { ...look(2.3, dead), trainMetric: 0.9 }, 10)).toBeUndefined();
    expect(persistentFault(look(0.9, dead), look(0.9, dead), 0)).toBe(dead);
  });

  it('is none that is merely a warning', () => {
    const warning = finding('lossAtStart', 'warning');
    expect(persistentFault(look(2.3, warning), look(2.3, warning), 10)).toBeUndefined();
  });

  it('is there where the loss is no number any more', () => {
    const diverged = finding('diverged');
    expect(persistentFault(look(null, diverged), look(null, diverged), 10)).toBe(diverged);
  });
});

it('a trial is looked at after the warm-up and whenever patience is over, not at its end', () => {
  const settings = { warmupEpochs: 2, patience: 3 };
  const looks: number[] = [];
  for (let at = nextDiagnosis(settings, 0, 11); at !== undefined; at = nextDiagnosis(settings, at, 11)) looks.push(at);
  expect(looks).toEqual([2, 5, 8, 11]);
  expect(nextDiagnosis(settings, 8, 10)).toBeUndefined();
});
