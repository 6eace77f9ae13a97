/** docker-compose.yml and deploy/kubernetes: what they name is there, and nothing that runs has more rights or room than it needs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { endpoints } from '../../src/contract/http.ts';
import { projectRoot } from '../../src/paths.ts';

const read = (file: string) => readFileSync(join(projectRoot, file), 'utf8');
/** Of src/config.ts. */
const settings = new Set([...read('src/config.ts').matchAll(/^ {2}([A-Z_]+): /gm)].map(([, name]) => name!));

const words = z.array(z.string());
const dependency = z.strictObject({ condition: z.literal('service_healthy') });
const healthcheck = z.strictObject({
  test: words.min(2),
  interval: z.string(),
  timeout: z.string(),
  start_period: z.string(),
  retries: z.int(),
});
/** The keys of the Compose specification that are used, so that a mistyped one is found. */
const serviceSchema = z.strictObject({
  image: z.string(),
  build: z.string().optional(),
  command: words,
  environment: z.record(z.string(), z.string()),
  depends_on: z.record(z.string(), dependency).optional(),
  ports: words.optional(),
  volumes: words.optional(),
  healthcheck: healthcheck.optional(),
  restart: z.literal('unless-stopped'),
  stop_grace_period: z.string().optional(),
  shm_size: z.string().optional(),
  tmpfs: words,
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  cap_add: words.optional(),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  mem_limit: z.string().regex(/^(\$\{\w+:-)?\d+[mg]\}?$/),
  pids_limit: z.int().max(1000),
});
const composeSchema = z.strictObject({
  name: z.string(),
  'x-hypersearch': z.unknown(),
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.null()),
});

describe('docker-compose.yml', () => {
  const text = read('docker-compose.yml');
  const compose = composeSchema.parse(parse(text, { merge: true }));
  const { services, volumes } = compose;

  it('gives the service no capability, and what becomes another account those alone that this takes', () => {
    expect(services['api']!.cap_add).toBeUndefined();
    expect(services['worker']!.cap_add).toBeUndefined();
    const taken = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];
    for (const name of ['postgres', 'redis']) expect(taken).toEqual(expect.arrayContaining(services[name]!.cap_add!));
  });

  it('names services, volumes and variables that are there', () => {
    const example = read('.env.example');
    for (const { depends_on = {}, volumes: mounted = [] } of Object.values(services)) {
      expect(Object.keys(services)).toEqual(expect.arrayContaining(Object.keys(depends_on)));
      expect(Object.keys(volumes)).toEqual(expect.arrayContaining(mounted.map((mount) => mount.split(':')[0])));
    }
    const variables = [...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name!);
    for (const name of variables) expect(example).toMatch(new RegExp(`^#?${name}=`, 'm'));
    for (const name of ['api', 'worker']) {
      expect([...settings]).toEqual(expect.arrayContaining(Object.keys(services[name]!.environment)));
    }
  });

  it('is refused with a key that Compose does not know', () => {
    const mistyped = text.replace('    mem_limit: 3g', '    memory_limit: 3g');
    expect(mistyped).not.toBe(text);
    expect(composeSchema.safeParse(parse(mistyped, { merge: true })).success).toBe(false);
  });
});

const containerSchema = z.looseObject({
  args: z.tuple([z.enum(['api', 'worker'])]),
  image: z.literal('hypersearch'),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
  resources: z.looseObject({
    limits: z.looseObject({ memory: z.string() }),
    requests: z.looseObject({ cpu: z.string() }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
});
const deploymentSchema = z.looseObject({
  kind: z.literal('Deployment'),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    selector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        automountServiceAccountToken: z.literal(false),
        securityContext: z.looseObject({
          runAsNonRoot: z.literal(true),
          runAsUser: z.literal(10_001),
          seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
        }),
        containers: z.tuple([containerSchema]),
      }),
    }),
  }),
});
const scaledSchema = z.looseObject({
  kind: z.literal('ScaledObject'),
  spec: z.strictObject({
    scaleTargetRef: z.strictObject({ name: z.string() }),
    minReplicaCount: z.int().min(1),
    maxReplicaCount: z.int(),
    pollingInterval: z.int(),
    cooldownPeriod: z.int(),
    fallback: z.strictObject({ failureThreshold: z.int(), replicas: z.int() }),
    triggers: z.tuple([
      z.strictObject({
        type: z.literal('prometheus'),
        metadata: z.strictObject({ serverAddress: z.url(), query: z.string(), threshold: z.string().regex(/^\d+$/) }),
      }),
    ]),
  }),
});

describe('deploy/kubernetes', () => {
  const folder = 'deploy/kubernetes';
  const files = readdirSync(join(projectRoot, folder)).filter((name) => name !== 'kustomization.yaml');
  const documents = files.flatMap((name) =>
    parseAllDocuments(read(`${folder}/${name}`)).map((document) => document.toJS() as { readonly kind: string }),
  );
  const deployments = documents.filter(({ kind }) => kind === 'Deployment').map((one) => deploymentSchema.parse(one));

  it('has all of its files in kustomization.yaml', () => {
    const { resources } = parse(read(`${folder}/kustomization.yaml`)) as { resources: string[] };
    expect(resources.toSorted()).toEqual(files.toSorted());
  });

  it('runs an API and workers, restricted, with settings that are read', () => {
    expect(deployments.map(({ spec }) => spec.template.spec.containers[0].args[0]).sort()).toEqual(['api', 'worker']);
    for (const { spec } of deployments) {
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
      const names = spec.template.spec.containers[0].env.map(({ name }) => name);
      expect([...settings]).toEqual(expect.arrayContaining(names));
    }
  });

  it('probes what is answered', () => {
    const probes = [...read(`${folder}/api.yaml`).matchAll(/httpGet:\n\s+path: (\/\w+)$/gm)].map(
      ([, path]) => `GET ${path}`,
    );
    expect(new Set(probes)).toEqual(new Set(['GET /healthz', 'GET /readyz']));
    expect(Object.keys(endpoints)).toEqual(expect.arrayContaining([...new Set(probes)]));
  });

  it('scales the workers by the queue', () => {
    const [scaled] = documents.filter(({ kind }) => kind === 'ScaledObject').map((one) => scaledSchema.parse(one));
    const worker = deployments.find(({ spec }) => spec.template.spec.containers[0].args[0] === 'worker')!;
    expect(scaled!.spec.scaleTargetRef.name).toBe(worker.metadata.name);
    // Else every `kubectl apply` would set it back.
    expect(worker.spec['replicas']).toBeUndefined();
    const threads = worker.spec.template.spec.containers[0].env.find(({ name }) => name === 'HYPERSEARCH_THREADS');
    expect(scaled!.spec.triggers[0].metadata).toMatchObject({
      query: 'max(hypersearch_queue_depth)',
      threshold: threads!.value,
    });
  });
});
