/** `verify:search-golden`: own fixtures, and the tool itself, which must fail where it should. */
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { verifySearchGolden } from '../../src/cli/verify-search-golden.ts';
import { projectRoot } from '../../src/paths.ts';
import { temporaryFolder } from '../support/temporary.ts';

const own = join(projectRoot, 'test', 'golden', 'search');

function verify(folder: string): { code: number; lines: string[] } {
  const lines: string[] = [];
  const code = verifySearchGolden([folder], (line) => lines.push(line));
  return { code, lines };
}

it('agrees with what was worked out by hand', () => {
  const count = readdirSync(own).length;
  expect(verify(own).lines.at(-1)).toBe(`${count} passed, 0 failed`);
  expect(verify(own).code).toBe(0);
});

it('fails where a number differs, and names it; knows files by what they hold; passes over others', async () => {
  const temporary = await temporaryFolder();
  const points = readFileSync(join(own, 'halton.json'), 'utf8').replace('0.125', '0.126');
  await writeFile(join(temporary.path, 'any-name.json'), points);
  await writeFile(join(temporary.path, 'other.json'), '{"format": "something-else"}');
  await writeFile(join(temporary.path, 'torn.json'), '{"tables": [');
  const { code, lines } = verify(temporary.path);
  await temporary.remove();
  expect(code).toBe(1);
  expect(lines[0]).toMatch(/^FAIL any-name.json: halton\[4\]\[0\]: ours 0.125, expected 0.126/);
  expect(lines[1]).toMatch(/^skip other.json/);
  expect(lines[2]).toMatch(/^FAIL torn.json/);
  expect(lines[3]).toBe('0 passed, 2 failed');
});

it('says how it is used, and that nothing to compare is no success', async () => {
  const lines: string[] = [];
  expect(verifySearchGolden([], (line) => lines.push(line))).toBe(2);
  expect(lines[0]).toMatch(/usage/);
  const temporary = await temporaryFolder();
  expect(verify(temporary.path)).toEqual({ code: 1, lines: ['0 passed, 0 failed'] });
  await temporary.remove();
});
