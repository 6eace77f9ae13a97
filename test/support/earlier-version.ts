/** An earlier version of the service, built from its commit. */
import { execFile } from 'node:child_process';
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../src/paths.ts';
import { linkPackages, output } from './source-copy.ts';
import { temporaryFolder } from './temporary.ts';

const git = async (...args: readonly string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)('git', ['-C', projectRoot, ...args], { maxBuffer: 2 ** 28 });
  return stdout.trim();
};

/** A version that has it works beside later ones. */
const PROMISE = 'docs/decisions/0028-two-versions-at-once.md';

/**
 * The last commit before the newest migration, of versions that can work beside this one; undefined where the history does not have it: in an archive, in a
 * shallow clone.
 */
export async function earlierCommit(): Promise<string | undefined> {
  // The parents of the commits that added migrations, the newest first.
  const parents = await git('log', '--diff-filter=A', '--format=%P', '--', 'prisma/migrations').catch(() => '');
  for (const commit of parents.split(/\s+/)) {
    if (commit === '') continue;
    const promises = await git('cat-file', '-e', `${commit}:${PROMISE}`).then(
      () => true,
      () => false,
    );
    if (promises) return commit;
  }
  return undefined;
}

export interface EarlierVersion {
  /** Its command line, to be run with Node. */
  readonly program: string;
  /** Its migrations, in order. */
  readonly migrations: readonly string[];
  remove(): Promise<void>;
}

/**
 * Builds the service of `commit`, without its types and its page. Installed packages and kernels are those of this version where both have the same;
 * otherwise its own set-up installs and compiles them.
 */
export async function buildEarlier(commit: string): Promise<EarlierVersion> {
  const folder = await temporaryFolder();
  try {
    await unpack(commit, folder.path);
    await cp(join(projectRoot, 'dist/web'), join(folder.path, 'dist/web'), { recursive: true });
    if (await isSetUpAlike(commit, folder.path)) {
      await linkPackages(folder.path);
      for (const built of ['dist/kernels', 'dist/models'])
        await cp(join(projectRoot, built), join(folder.path, built), { recursive: true });
      await output(folder.path, ['node_modules/prisma/build/index.js', 'generate']);
    } else {
      await output(folder.path, ['scripts/run.mjs', '--without-build', '--setup-only']);
    }
    const bundle =
      "import { bundleService } from './scripts/service-bundle.mjs'; await bundleService(process.cwd(), 'dist/service');";
    await output(folder.path, ['--input-type=module', '--eval', bundle]);
    const files = await git('ls-tree', '--name-only', commit, 'prisma/migrations/');
    return {
      program: join(folder.path, 'dist/service/main.js'),
      migrations: files
        .split('\n')
        .map((file) => file.replace('prisma/migrations/', ''))
        .filter((name) => /^\d/.test(name)),
      remove: folder.remove,
    };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

async function unpack(commit: string, folder: string): Promise<void> {
  const archive = join(folder, 'version.tar');
  await git('archive', '--format=tar', `--output=${archive}`, commit);
  await promisify(execFile)('tar', ['-xf', archive, '-C', folder]);
  await rm(archive);
}

async function isSetUpAlike(commit: string, folder: string): Promise<boolean> {
  const lock = (root: string) => readFile(join(root, 'package-lock.json'), 'utf8');
  if ((await lock(folder)) !== (await lock(projectRoot))) return false;
  return git('diff', '--quiet', commit, '--', 'kernels', 'scripts/setup.mjs', 'scripts/native-kernels.mjs').then(
    () => true,
    () => false,
  );
}
