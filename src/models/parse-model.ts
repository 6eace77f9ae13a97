/** Checks a model that comes from outside: its shape, and that its numbers fit together. */
import { countInputs } from './cells.ts';
import { type Member, type Model, type ModelLayer, modelSchema } from './model.ts';

/** Thrown for a model that cannot be used, with every issue by its path. */
export class InvalidModel extends Error {
  readonly issues: readonly { readonly path: string; readonly message: string }[];

  constructor(issues: InvalidModel['issues']) {
    const [first] = issues;
    super(first === undefined ? 'the model is invalid' : [first.path, first.message].filter(Boolean).join(': '));
    this.name = 'InvalidModel';
    this.issues = issues;
  }
}

/** The model in parsed JSON. Throws `InvalidModel`. */
export function parseModel(json: unknown): Model {
  const parsed = modelSchema.safeParse(json);
  if (!parsed.success) {
    throw new InvalidModel(parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
  }
  const issues = [...modelIssues(parsed.data)];
  if (issues.length > 0) throw new InvalidModel(issues);
  return parsed.data;
}

type Issue = InvalidModel['issues'][number];

function* modelIssues(model: Model): Generator<Issue, void> {
  const { members, columns, task, classes } = model;
  const names = columns.map(({ name }) => name);
  if (new Set(names).size < names.length) yield { path: 'columns', message: 'two columns have the same name' };
  if (task === 'classification' && classes.length < 2) {
    yield { path: 'classes', message: `must have at least two classes, got ${classes.length}` };
  }
  const weight = members.reduce((sum, member) => sum + member.weight, 0);
  if (Math.abs(weight - 1) > 1e-9) yield { path: 'members', message: `the weights must sum to 1, got ${weight}` };
  for (const [m, member] of members.entries()) yield* memberIssues(model, member, `members.${m}`);
}

function* memberIssues(model: Model, { preprocessing, layers, outputs }: Member, path: string): Generator<Issue, void> {
  const { task, classes } = model;
  const inputs = countInputs(model);
  for (const part of ['fill', 'offset', 'scale'] as const) {
    const { length } = preprocessing[part];
    if (length !== inputs) yield { path: `${path}.preprocessing.${part}`, message: lengthIs(inputs, length) };
  }
  if ((task === 'regression') !== (outputs === 'value')) {
    yield { path: `${path}.outputs`, message: `must fit the task ${task}, got ${outputs}` };
  }
  let wanted = inputs;
  for (const [l, layer] of layers.entries()) {
    if (layer.inputs !== wanted) {
      yield { path: `${path}.layers.${l}.inputs`, message: `must be ${wanted}, got ${layer.inputs}` };
    }
    wanted = layer.activation === 'maxout' ? layer.columns / 2 : layer.columns;
    yield* layerIssues(layer, `${path}.layers.${l}`);
  }
  const last = outputs === 'softmax' ? classes.length : 1;
  if (wanted !== last) yield { path: `${path}.layers`, message: `the last must have ${last} units, got ${wanted}` };
}

function lengthIs(wanted: number, length: number): string {
  return `must have ${wanted} numbers, got ${length}`;
}

function* layerIssues({ inputs, columns, weight, bias, norm }: ModelLayer, path: string): Generator<Issue, void> {
  const arrays: [name: string, text: string | null, length: number][] = [
    ['weight', weight, inputs * columns],
    ['bias', bias, columns],
    ...Object.entries(norm ?? {}).map(([name, text]): [string, string, number] => [`norm.${name}`, text, columns]),
  ];
  for (const [name, text, wanted] of arrays) {
    if (text === null) continue;
    const bytes = (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);
    if (bytes !== 4 * wanted) yield { path: `${path}.${name}`, message: lengthIs(wanted, bytes / 4) };
  }
}
