/** Files that are damaged, huge or nothing of the kind: an error with its place, and never a guess. */
import { describe, expect, it } from 'vitest';
import { Problem } from '../../../src/errors.ts';
import { field } from '../../../src/imports/fields.ts';
import { readSpace } from '../../../src/imports/read-space.ts';

function problemOf(text: string, file?: string): Problem {
  try {
    readSpace({ text, file });
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('was read');
}

const sweep = 'method: random\nparameters:\n  lr: {min: 0.1, max: 0.2}\n';

describe('a file that cannot be read', () => {
  it.each<[string, string, string | undefined, string, string]>([
    ['is empty', ' \n', undefined, 'text', 'is empty'],
    ['is cut off', '{"hyperparameters": [{"type": "unifo', undefined, 'text (line 1, column 37)', 'is not JSON'],
    [
      'is JSON with a mistake',
      '{\n  "lr": {"_type" "uniform"}\n}',
      undefined,
      'text (line 2, column 18)',
      'is not JSON',
    ],
    [
      'is YAML with a mistake',
      'method: random\nparameters: {lr: [1, 2}\n',
      undefined,
      'text (line 2, column 23)',
      'is not YAML',
    ],
    ['is YAML and called JSON', sweep, 'sweep.json', 'text (line 1, column 1)', 'is not JSON'],
    ['is a list', '[1, 2]', undefined, 'text', 'must be an object'],
    ['is prose', 'Dear reader,', undefined, 'text', 'must be an object'],
    ['is some other JSON', '{"a": 1, "b": 2}', undefined, 'text', 'is not a search space of wandb-sweep'],
    ['has two documents', `${sweep}---\n${sweep}`, undefined, 'text', 'has 2 YAML documents'],
    ['has a key twice', `${sweep}method: grid\n`, undefined, 'text (line 4, column 1)', 'is not YAML'],
    [
      'is JSON with a key twice',
      '{"lr": {"_type": "uniform", "_value": [0.1, 0.2]},\n "\\u006cr" : {"_type": "choice", "_value": [0.1]}}',
      undefined,
      'text (line 2, column 2)',
      'has the key "lr" twice',
    ],
    [
      'is a sweep in JSON with a key twice',
      '{"method": "random", "parameters": {"lr": {"min": 0.1, "min": 0.2, "max": 0.3}}}',
      undefined,
      'text (line 1, column 56)',
      'has the key "min" twice',
    ],
    [
      'is a journal with a broken line',
      '{"op_code": 0, "study_name": "a", "directions": [1]}\n{"op_code": 4, "stu\n',
      undefined,
      'text (line 2)',
      'is not JSON',
    ],
    [
      'is nested too deeply',
      `{"a": ${'['.repeat(5000)}${']'.repeat(5000)}}`,
      undefined,
      'text',
      'nested more than 40 levels',
    ],
    ['is YAML nested too deeply', `a: ${'['.repeat(60_000)}`, undefined, 'text', 'nested more than 40 levels'],
    ['is YAML of lists in lists', `a:\n ${'- '.repeat(30_000)}`, undefined, 'text', 'nested more than 40 levels'],
    [
      'has an alias of itself',
      'parameters: &a {lr: *a}\nmethod: random\n',
      undefined,
      'text',
      'nested more than 40 levels',
    ],
    ['is JSON with a wrong word', '{"a": 1,\n "b": yes}', undefined, 'text (line 2, column 7)', 'is not JSON'],
    ['is JSON that never stops opening', '[{"a":'.repeat(100_000), undefined, 'text', 'nested more than 40 levels'],
    ['is a long YAML', `${sweep}# ${'x'.repeat(300_000)}`, undefined, 'text', 'YAML is read up to 65536'],
  ])('%s', (_, text, file, path, message) => {
    const { issues } = problemOf(text, file);
    expect(issues).toEqual([{ path, message: expect.stringContaining(message) }]);
  });

  it('has too many hyperparameters, or one without a name', () => {
    const many = Object.fromEntries(
      Array.from({ length: 600 }, (_, i) => [`p${i}`, { _type: 'uniform', _value: [0, 1] }]),
    );
    expect(problemOf(JSON.stringify(many)).message).toContain('exceeds the limit of 500 hyperparameters');
    expect(problemOf('{"": {"_type": "uniform", "_value": [0, 1]}}').message).toContain(
      'must have 1 to 200 characters',
    );
  });

  it('has aliases that multiply', () => {
    const lines = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`);
    expect(problemOf(['a0: &a0 [1]', ...lines, sweep].join('\n')).message).toContain('more than 100 YAML aliases');
  });
});

describe('brackets in texts', () => {
  it('are no nesting', () => {
    const text = JSON.stringify({ lr: { _type: 'choice', _value: ['"[{'.repeat(300), 1] } });
    expect(readSpace({ text }).mapped[0]?.setting).toEqual({ distribution: 'categorical', choices: [1] });
  });
});

describe('names of prototypes', () => {
  it('are no fields of what does not have them', () => {
    expect(field({}, 'constructor')).toBeUndefined();
    expect(field(JSON.parse('{"__proto__": {"lr": 1}}'), 'lr')).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is a name like any other', (name) => {
    const json = `{"${name}": {"_type": "uniform", "_value": [0, 1]}, "lr": {"_type": "uniform", "_value": [0.1, 1]}}`;
    const yaml = `method: random\nparameters:\n  ${name}: {min: 0, max: 1}\n  lr: {min: 0.1, max: 1.0}\n${name}: {method: grid}\n`;
    for (const text of [json, yaml]) {
      const read = readSpace({ text });
      expect(read.mapped.map(({ source }) => source)).toEqual(['lr']);
      expect(read.unmapped.map((one) => one.name)).toContain(name);
    }
    expect(({} as Record<string, unknown>)['method']).toBeUndefined();
  });
});

describe('an alias, a merge key', () => {
  it('is followed as PyYAML does', () => {
    const text =
      'method: random\nbase: &base {min: 0.1, max: 0.2}\nparameters:\n  lr: {<<: *base, max: 0.3}\n  dropout: *base\n';
    expect(readSpace({ text }).specification['hyperparameters']).toMatchObject({
      learningRate: { low: 0.1, high: 0.3 },
      dropout: { low: 0.1, high: 0.2 },
    });
  });
});

describe('a request that does not fit the file', () => {
  const nni = '{"lr": {"_type": "uniform", "_value": [0.1, 0.2]}}';

  it.each([
    'katib-experiment',
    'configspace',
    'vizier-study',
    'keras-tuner',
    'hypersearch-space',
    'wandb-sweep',
  ] as const)('is refused if its format is %s, of which the file has nothing', (format) => {
    expect(() => readSpace({ text: nni, format })).toThrow(Problem);
  });

  it('is refused if it names a hyperparameter that the file does not have', () => {
    expect(() => readSpace({ text: nni, names: { constructor: 'learningRate' } })).toThrow(
      /names.constructor: the file has no hyperparameter of this name; it has lr/,
    );
  });
});
