/**
 * npm run verify:kubernetes: the manifests in deploy/kubernetes against the schemas of Kubernetes.
 *
 * It needs kubernetes-validate (pip install kubernetes-validate==1.37.0) in the PATH, or in KUBERNETES_VALIDATE. Exit code: 1 if a manifest is
 * invalid, 2 if the program is missing. Kinds that are no part of Kubernetes are left out: test/unit/deploy.test.ts looks at those.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const validator = process.env.KUBERNETES_VALIDATE ?? 'kubernetes-validate';
const folder = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'deploy', 'kubernetes');

/** Of Kubernetes itself: their groups have no dot, or end so. */
const isOwn = ({ apiVersion }) =>
  /^(\w+\/)?v\w+$|^[\w.]+\.k8s\.io\//.test(apiVersion) && !apiVersion.startsWith('kustomize');

if (spawnSync(validator, ['--version']).status !== 0) {
  console.error(
    `${validator} cannot be run: pip install kubernetes-validate==1.37.0, or say where it is with KUBERNETES_VALIDATE`,
  );
  process.exit(2);
}
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const known = files.filter((name) =>
  parseAllDocuments(readFileSync(path.join(folder, name), 'utf8')).every((document) => isOwn(document.toJS())),
);
for (const name of files.filter((one) => !known.includes(one)))
  console.log(`${name} is of kinds that Kubernetes does not have`);
const { status } = spawnSync(validator, ['--strict', ...known], { cwd: folder, stdio: 'inherit' });
process.exitCode = status === 0 ? 0 : 1;
