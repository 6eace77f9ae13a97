/** The commands for projects. */
import { parseArgs } from 'node:util';
import { limitNames, type Project, type ProjectLimits, type ProjectLimitsChange } from '../domain/project.ts';
import type { ApiClient } from './api-client.ts';
import { projectTable } from './format.ts';
import { UsageError } from './usage.ts';

/** `--running-trials` for `runningTrials`. */
function optionOf(limit: string): string {
  return limit.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const given = limitNames.map((name) => `[--${optionOf(name)} N|none]`).join(' ');
const USAGE = `projects list | projects create NAME ${given} | projects limits NAME ${given} | projects delete NAME`;

export async function projects(client: ApiClient, args: string[]): Promise<number> {
  const options = Object.fromEntries(limitNames.map((name) => [optionOf(name), { type: 'string' as const }]));
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [action, name, ...more] = positionals;
  if (more.length > 0) throw new UsageError(USAGE);
  const limits = limitsIn(values);
  if (action === 'list' && name === undefined) print((await client.projects()).items);
  else if (action === 'create' && name !== undefined) {
    const set = Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== null));
    print([await client.createProject({ name, limits: set as ProjectLimits })]);
  } else if (action === 'limits' && name !== undefined) {
    const isChange = Object.keys(limits).length > 0;
    print([isChange ? await client.changeProject(name, limits) : await client.project(name)]);
  } else if (action === 'delete' && name !== undefined) {
    await client.removeProject(name);
    console.log(`deleted ${name}`);
  } else throw new UsageError(USAGE);
  return 0;
}

/** The service validates the numbers. */
function limitsIn(values: Readonly<Record<string, unknown>>): ProjectLimitsChange {
  const set = limitNames.flatMap((name) => {
    const value = values[optionOf(name)];
    return value === undefined ? [] : [[name, value === 'none' ? null : Number(value)] as const];
  });
  return Object.fromEntries(set);
}

function print(items: readonly Project[]): void {
  console.log(projectTable(items));
}
