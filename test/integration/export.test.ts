/** Exports of a search: CSV and NDJSON say the same, and a reader of CSV gets back what the API has. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CsvShape, parseCsv } from '../../src/data/csv.ts';
import { IssueList } from '../../src/data/faults.ts';
import { allTrials, ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

it('writes every trial as a line of CSV: numbers in full, inactive hyperparameters empty, sentences in quotes', async () => {
  const { id } = await service.client.create({
    dataset: 'iris',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-4, high: 1e6, scale: 'log' },
      batchNorm: { distribution: 'categorical', choices: [true, false] },
      optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
      momentum: { distribution: 'float', low: 0.5, high: 0.99, when: { optimizer: ['momentum'] } },
      epochs: 3,
    },
    validation: { type: 'holdout', repeats: 2 },
    budget: { trials: 30 },
  });
  await ended(service.client, id);
  const annotation = { notes: 'odd,\n"very" odd', tags: ['odd', 'look-again'] };
  const annotate = (number: number, body: object) =>
    fetch(`${service.url}/v1/searches/${id}/trials/${number}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await annotate(3, annotation);
  await annotate(4, { notes: '=1+1', tags: ['good'] });
  await annotate(5, { notes: '- too few epochs', tags: [] });
  const trials = await allTrials(service.client, id);
  expect(trials[3]).toMatchObject(annotation);
  const text = await (await service.client.export(id, 'csv')).text();
  const shape: CsvShape = { delimiter: 'comma', quote: 'double', comment: 'none', lenient: false };
  const limits = { records: 1000, fields: 100, field: 10_000 };
  const [header, ...lines] = parseCsv(text, shape, limits, new IssueList(1));
  const names = header!.fields;
  expect(names.slice(-4)).toEqual(['learningRate', 'batchNorm', 'optimizer', 'momentum']);
  expect(lines.map(({ fields }) => Object.fromEntries(fields.map((field, i) => [names[i], field])))).toEqual(
    trials.map(({ hyperparameters, found, tags, ...trial }) => {
      const all: Record<string, unknown> = {
        ...trial,
        ...hyperparameters,
        found: found.join(' '),
        tags: tags.join(' '),
        // A spreadsheet must not read them as formulas.
        notes: trial.notes.replace(/^[=-]/, "'$&"),
      };
      return Object.fromEntries(names.map((name) => [name, String(all[name] ?? '')]));
    }),
  );
  expect(text).toContain(`'=1+1`);
  expect((await (await service.client.export(id, 'ndjson')).text()).split('\n')[4]).toContain('"notes":"=1+1"');
  expect(text).toMatch(/,"[^"\n]*,[^"\n]*",/); // the reason of one that diverged
  expect(text.endsWith('\n')).toBe(true);
  expect(text).not.toMatch(/\r/);
});
