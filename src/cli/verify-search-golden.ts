/**
 * `verify-search-golden DIR`: replays every fixture of samplers, pruners, brackets and importance in a folder; the kind of a file is detected
 * from its content. Prints one line per file, then `N passed, M failed`. The exit code is 0 only if there was a fixture and none failed.
 */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRecord, type Json, type Mismatches } from '../conformance/search/compare.ts';
import { checkImportance, isImportance } from '../conformance/search/importance.ts';
import { checkParzen, isParzen } from '../conformance/search/parzen.ts';
import { checkHyperband, checkPruning, isHyperband, isPruning } from '../conformance/search/pruning.ts';
import { checkQuasiRandom, isQuasiRandom } from '../conformance/search/quasi-random.ts';
import { messageOf } from '../errors.ts';

interface Kind {
  readonly name: string;
  readonly is: (json: Json) => boolean;
  readonly check: (json: Json) => Mismatches;
}

const kinds: readonly Kind[] = [
  { name: 'Parzen estimator', is: isParzen, check: checkParzen },
  { name: 'quasi-random points', is: isQuasiRandom, check: checkQuasiRandom },
  { name: 'pruners', is: isPruning, check: checkPruning },
  { name: 'brackets', is: isHyperband, check: checkHyperband },
  { name: 'importance', is: isImportance, check: checkImportance },
];

/** The file's line: `ok …`, `FAIL …`, or `skip …` for JSON of another kind. */
function verifyFile(path: string, file: string): string {
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const kind = isRecord(json) ? kinds.find(({ is }) => is(json)) : undefined;
    if (kind === undefined || !isRecord(json)) return `skip ${file}: unknown kind of fixture`;
    const [first, ...others] = kind.check(json);
    if (first === undefined) return `ok ${file} (${kind.name})`;
    return `FAIL ${file}: ${first}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
  } catch (error) {
    return `FAIL ${file}: ${messageOf(error)}`;
  }
}

/** Prints its lines and returns the exit code: 0 all passed, 1 a difference or no fixture, 2 invalid arguments. */
export function verifySearchGolden(args: readonly string[], print: (line: string) => void): 0 | 1 | 2 {
  const [folder, ...others] = args;
  if (folder === undefined || others.length > 0) {
    print('usage: verify-search-golden DIR');
    return 2;
  }
  let files: string[];
  try {
    files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  } catch (error) {
    print(messageOf(error));
    return 2;
  }
  const lines = files.sort().map((file) => verifyFile(join(folder, file), file));
  for (const line of lines) print(line);
  const passed = lines.filter((line) => line.startsWith('ok')).length;
  const failed = lines.filter((line) => line.startsWith('FAIL')).length;
  print(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

// import.meta.url is a resolved path; without realpath, a start through a symbolic link would do nothing and exit 0.
const [, started] = process.argv;
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url)) {
  process.exitCode = verifySearchGolden(process.argv.slice(2), console.log);
}
