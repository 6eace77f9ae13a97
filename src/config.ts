/** Everything that is set from outside, read once. Nothing else looks at the environment. */
import { availableParallelism, hostname } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { type KernelsName, kernelsNames } from './compute/kernels-names.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const seconds = z.coerce.number().positive();

const schema = z.object({
  HYPERSEARCH_HOST: z.string().default('127.0.0.1').describe('Where the API listens; loopback unless told otherwise'),
  HYPERSEARCH_PORT: port.default(3000).describe('0 takes a free one'),
  DATABASE_URL: z.string().optional().describe('A Postgres server; the embedded one unless given'),
  REDIS_URL: z.string().optional().describe('A Redis server for BullMQ; Postgres carries the queue unless given'),
  HYPERSEARCH_QUEUE_PREFIX: z.string().default('hypersearch').describe('Of the keys in Redis'),
  HYPERSEARCH_DATA: z.string().default('.hypersearch').describe('Folder of the embedded Postgres'),
  HYPERSEARCH_THREADS: z.coerce.number().int().min(1).max(512).optional().describe('Compute threads; one a core'),
  HYPERSEARCH_KERNELS: z
    .enum(kernelsNames)
    .default('auto')
    .describe(
      'What trains: auto, native and simd give the same bits on every machine, auto being the fastest there is; fused gives others, faster; fast may not; plain is slow',
    ),
  HYPERSEARCH_TRIAL_MEMORY_MB: z.coerce
    .number()
    .int()
    .min(1)
    .max(4096)
    .default(1024)
    .describe(
      'Most memory that the training of one trial may take, in MB of 2^20 bytes; a thread trains one at a time',
    ),
  HYPERSEARCH_LEASE_SECONDS: seconds
    .min(0.5)
    .default(15)
    .describe('After this silence a trial is taken from its worker'),
  HYPERSEARCH_SWEEP_SECONDS: seconds.default(2).describe('How often what was lost is looked for'),
  HYPERSEARCH_CONNECTIONS: z.coerce.number().int().min(2).max(500).default(10).describe('To Postgres, a process'),
  HYPERSEARCH_LOG: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  HYPERSEARCH_LOG_FORMAT: z
    .enum(['text', 'json'])
    .optional()
    .describe('Of the log; lines of text on a terminal and JSON elsewhere, unless given'),
  HYPERSEARCH_URL: z.url().default('http://127.0.0.1:3000').describe('The service that the command line talks to'),
});

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly queuePrefix: string;
  readonly dataDirectory: string;
  readonly threads: number;
  readonly kernels: KernelsName;
  /** Most bytes that the training of one trial may take. */
  readonly trialMemoryBytes: number;
  readonly leaseSeconds: number;
  readonly sweepSeconds: number;
  readonly connections: number;
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** By whether standard error is a terminal, where undefined. */
  readonly logFormat: 'text' | 'json' | undefined;
  readonly serviceUrl: string;
  /** Tells this process from others, for people. */
  readonly processName: string;
}

/** Thrown with every variable that does not fit. */
class InvalidConfig extends Error {}

export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  // An empty variable is one that is not set: that is how compose files and shells leave them.
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(set);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.')}: ${message}, got ${set[String(path[0])]}`,
    );
    throw new InvalidConfig(`the environment does not fit:\n  ${faults.join('\n  ')}`);
  }
  const values = parsed.data;
  return {
    host: values.HYPERSEARCH_HOST,
    port: values.HYPERSEARCH_PORT,
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    queuePrefix: values.HYPERSEARCH_QUEUE_PREFIX,
    dataDirectory: resolve(values.HYPERSEARCH_DATA),
    threads: values.HYPERSEARCH_THREADS ?? availableParallelism(),
    kernels: values.HYPERSEARCH_KERNELS,
    trialMemoryBytes: values.HYPERSEARCH_TRIAL_MEMORY_MB * 2 ** 20,
    leaseSeconds: values.HYPERSEARCH_LEASE_SECONDS,
    sweepSeconds: values.HYPERSEARCH_SWEEP_SECONDS,
    connections: values.HYPERSEARCH_CONNECTIONS,
    logLevel: values.HYPERSEARCH_LOG,
    logFormat: values.HYPERSEARCH_LOG_FORMAT,
    serviceUrl: values.HYPERSEARCH_URL.replace(/\/$/, ''),
    processName: `${hostname()}:${process.pid}`,
  };
}
