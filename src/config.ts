/** The configuration, read once from the environment. No other file reads environment variables. */
import { availableParallelism, hostname } from 'node:os';
import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { type KernelsName, kernelsNames } from './compute/kernels-names.ts';
import { type FetchSettings, fetchHostsSchema } from './domain/fetch-hosts.ts';
import type { Retention } from './domain/retention.ts';
import { groupRolesSchema, type OidcSettings } from './domain/signed-in-user.ts';

const DEFAULT_PORT = 3000;
const port = z.coerce.number().int().min(0).max(65_535);
const seconds = z.coerce.number().positive();
const days = z.coerce.number().min(0).max(36_500).optional();

/** `10.0.0.7, 10.1.0.0/16, fd00::/8`. */
const networks = z
  .string()
  .transform((text) => text.split(',').map((one) => one.trim()))
  .pipe(
    z.array(
      z.string().refine((one) => ipaddr.isValid(one) || ipaddr.isValidCIDR(one), {
        error: ({ input }) => `must be addresses or networks such as 10.1.0.0/16, got ${String(input)}`,
      }),
    ),
  );

const schema = z.object({
  HYPERSEARCH_HOST: z.string().default('127.0.0.1').describe('Address the API listens on; loopback by default'),
  HYPERSEARCH_PORT: port.default(DEFAULT_PORT).describe('0 picks a free port'),
  DATABASE_URL: z.string().optional().describe('A Postgres server; embedded Postgres by default'),
  REDIS_URL: z.string().optional().describe('A Redis server for BullMQ; the queue is in Postgres by default'),
  HYPERSEARCH_QUEUE_PREFIX: z.string().default('hypersearch').describe('Prefix of the keys in Redis'),
  HYPERSEARCH_DATA: z.string().default('.hypersearch').describe('Folder of the embedded Postgres'),
  HYPERSEARCH_THREADS: z.coerce
    .number()
    .int()
    .min(1)
    .max(512)
    .optional()
    .describe('Compute threads; one per core by default'),
  HYPERSEARCH_KERNELS: z
    .enum(kernelsNames)
    .default('auto')
    .describe(
      'What trains: auto, native and simd give the same bits on every machine, and auto is the fastest available; fused gives other bits, faster; fast may give other bits on other processors; plain is slow',
    ),
  HYPERSEARCH_TRIAL_MEMORY_MB: z.coerce
    .number()
    .int()
    .min(1)
    .max(4096)
    .default(1024)
    .describe('Memory limit for training one trial, in MB of 2^20 bytes; each thread trains one trial at a time'),
  HYPERSEARCH_LEASE_SECONDS: seconds.min(0.5).default(15).describe('A worker silent for this long loses its trials'),
  HYPERSEARCH_SWEEP_SECONDS: seconds.default(2).describe('Seconds between two reconcile passes'),
  HYPERSEARCH_KEEP_SIGNALS_DAYS: days.describe(
    'Layer signals of trials are removed so many days after the end of their search; kept by default',
  ),
  HYPERSEARCH_KEEP_CURVES_DAYS: days.describe(
    'Learning curves, and layer signals, of trials are removed so many days after the end of their search; kept by default',
  ),
  HYPERSEARCH_KEEP_EVENTS_DAYS: days.describe(
    'Events of trials are removed so many days after the end of their search; kept by default',
  ),
  HYPERSEARCH_KEEP_AUDIT_DAYS: days.describe(
    'The other events, which say what was asked of a search and by whom, are removed so many days after its end; kept by default',
  ),
  HYPERSEARCH_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(2)
    .max(500)
    .default(10)
    .describe('Postgres connections per process'),
  HYPERSEARCH_LOG: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  HYPERSEARCH_LOG_FORMAT: z
    .enum(['text', 'json'])
    .optional()
    .describe('Log format; by default text on a terminal and JSON elsewhere'),
  HYPERSEARCH_METRICS_PORT: port
    .optional()
    .describe(
      'Where a worker process serves /metrics, at HYPERSEARCH_HOST; by default nowhere. The API has it at its own port',
    ),
  HYPERSEARCH_HOSTS: z
    .string()
    .optional()
    .describe(
      'Names by which the service may be reached, separated by commas; by default those of loopback, or any if it listens elsewhere',
    ),
  HYPERSEARCH_FETCH_HOSTS: fetchHostsSchema
    .optional()
    .describe(
      'Hosts from which data sets may be read by their address: data.example.org, *.example.org, a port after a colon, http:// in front to allow that too; separated by commas; by default none',
    ),
  HYPERSEARCH_FETCH_PRIVATE_HOSTS: fetchHostsSchema
    .optional()
    .describe('Those of them, written alike, that may have private addresses; by default none'),
  HYPERSEARCH_ADMIN_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{32,200}$/, { error: 'must have 32 to 200 visible ASCII characters without spaces' })
    .optional()
    .describe('An API key with the role admin; with it every request needs a key'),
  HYPERSEARCH_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where browsers reach the service, for sign-ins; by default the host that they ask'),
  HYPERSEARCH_TRUSTED_PROXIES: networks
    .default([])
    .describe('Addresses and networks of proxies in front of the service, separated by commas: they say who asks'),
  HYPERSEARCH_OIDC_ISSUER: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The identity provider with which people sign in; it speaks OpenID Connect'),
  HYPERSEARCH_OIDC_CLIENT_ID: z.string().optional().describe('The name of this service at the identity provider'),
  HYPERSEARCH_OIDC_CLIENT_SECRET: z.string().optional().describe('Its secret there; none for a public client'),
  HYPERSEARCH_OIDC_ROLES: groupRolesSchema
    .optional()
    .describe('What groups may do: GROUP=ROLE or GROUP=ROLE:PROJECT, separated by commas; * is everyone'),
  HYPERSEARCH_OIDC_CLAIM: z.string().default('groups').describe('The claim with the groups of a user'),
  HYPERSEARCH_OIDC_SCOPE: z.string().default('openid profile email').describe('What is asked of the identity provider'),
  HYPERSEARCH_INSECURE: z
    .enum(['0', '1'])
    .default('0')
    .describe(
      '1 lets the API listen beyond loopback although it needs no key: everyone who can reach it has full access',
    ),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where traces are sent, by OTLP over HTTP; by default there are none'),
  OTEL_SERVICE_NAME: z.string().default('hypersearch').describe('The name of this service in traces'),
  HYPERSEARCH_KEY: z.string().optional().describe('The API key that the command line uses'),
  HYPERSEARCH_URL: z
    .url()
    .optional()
    .describe('The service that the command line connects to; by default the one at HYPERSEARCH_PORT of this machine'),
});
const completeSchema = schema.superRefine((values, context) => {
  const { HYPERSEARCH_OIDC_ISSUER: issuer } = values;
  for (const name of ['HYPERSEARCH_OIDC_CLIENT_ID', 'HYPERSEARCH_OIDC_ROLES'] as const) {
    if (issuer === undefined || values[name] !== undefined) continue;
    context.addIssue({ code: 'custom', path: [name], message: 'must be set with HYPERSEARCH_OIDC_ISSUER' });
  }
});

export interface Config {
  readonly host: string;
  /** If undefined, it depends on `host`. */
  readonly hosts: readonly string[] | undefined;
  /** Where files may be read from. */
  readonly fetch: FetchSettings;
  readonly adminKey: string | undefined;
  /** Where browsers reach the service, without a slash at the end. */
  readonly publicUrl: string | undefined;
  /** Proxies whose headers say who asks. */
  readonly trustedProxies: readonly string[];
  /** The identity provider; undefined if there is none. */
  readonly oidc: OidcSettings | undefined;
  /** Whether the API may listen beyond loopback without keys. */
  readonly insecure: boolean;
  /** Of the command line. */
  readonly key: string | undefined;
  readonly port: number;
  /** Of a worker process; undefined if it serves no metrics. */
  readonly metricsPort: number | undefined;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly queuePrefix: string;
  readonly dataDirectory: string;
  readonly threads: number;
  readonly kernels: KernelsName;
  /** Memory limit for training one trial. */
  readonly trialMemoryBytes: number;
  readonly leaseSeconds: number;
  readonly reconcileSeconds: number;
  readonly retention: Retention;
  readonly connections: number;
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** If undefined, it depends on whether standard error is a terminal. */
  readonly logFormat: 'text' | 'json' | undefined;
  readonly serviceUrl: string;
  /** Whether the service to connect to was given, and is not the default. */
  readonly isServiceGiven: boolean;
  /** Where traces are sent; undefined if there are none. */
  readonly tracesUrl: string | undefined;
  /** The name of the service in traces. */
  readonly serviceName: string;
  /** Identifies this process in logs and records. */
  readonly processName: string;
}

/** Lists every invalid variable. */
class InvalidConfig extends Error {}

function oidcIn(values: z.output<typeof schema>): OidcSettings | undefined {
  const {
    HYPERSEARCH_OIDC_ISSUER: issuer,
    HYPERSEARCH_OIDC_CLIENT_ID: clientId,
    HYPERSEARCH_OIDC_ROLES: roles,
    HYPERSEARCH_OIDC_CLIENT_SECRET: clientSecret,
    HYPERSEARCH_OIDC_CLAIM: claim,
    HYPERSEARCH_OIDC_SCOPE: scope,
  } = values;
  if (issuer === undefined || clientId === undefined || roles === undefined) return undefined;
  return { issuer, clientId, clientSecret, claim, scope, roles };
}

export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  // Empty variables count as unset: compose files and shells produce them.
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = completeSchema.safeParse(set);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => {
      const name = path.join('.');
      // No secret in a log.
      return /KEY|SECRET/.test(name) ? `${name}: ${message}` : `${name}: ${message}, got ${set[String(path[0])]}`;
    });
    throw new InvalidConfig(`invalid environment variables:\n  ${issues.join('\n  ')}`);
  }
  const values = parsed.data;
  return {
    host: values.HYPERSEARCH_HOST,
    hosts: values.HYPERSEARCH_HOSTS?.split(',').map((name) => name.trim().toLowerCase()),
    fetch: {
      hosts: values.HYPERSEARCH_FETCH_HOSTS ?? [],
      privateHosts: values.HYPERSEARCH_FETCH_PRIVATE_HOSTS ?? [],
    },
    adminKey: values.HYPERSEARCH_ADMIN_KEY,
    publicUrl: values.HYPERSEARCH_PUBLIC_URL?.replace(/\/$/, ''),
    trustedProxies: values.HYPERSEARCH_TRUSTED_PROXIES,
    oidc: oidcIn(values),
    insecure: values.HYPERSEARCH_INSECURE === '1',
    key: values.HYPERSEARCH_KEY,
    port: values.HYPERSEARCH_PORT,
    metricsPort: values.HYPERSEARCH_METRICS_PORT,
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    queuePrefix: values.HYPERSEARCH_QUEUE_PREFIX,
    dataDirectory: resolve(values.HYPERSEARCH_DATA),
    threads: values.HYPERSEARCH_THREADS ?? availableParallelism(),
    kernels: values.HYPERSEARCH_KERNELS,
    trialMemoryBytes: values.HYPERSEARCH_TRIAL_MEMORY_MB * 2 ** 20,
    leaseSeconds: values.HYPERSEARCH_LEASE_SECONDS,
    reconcileSeconds: values.HYPERSEARCH_SWEEP_SECONDS,
    retention: {
      signals: values.HYPERSEARCH_KEEP_SIGNALS_DAYS,
      curves: values.HYPERSEARCH_KEEP_CURVES_DAYS,
      events: values.HYPERSEARCH_KEEP_EVENTS_DAYS,
      audit: values.HYPERSEARCH_KEEP_AUDIT_DAYS,
    },
    connections: values.HYPERSEARCH_CONNECTIONS,
    logLevel: values.HYPERSEARCH_LOG,
    logFormat: values.HYPERSEARCH_LOG_FORMAT,
    serviceUrl: (values.HYPERSEARCH_URL ?? `http://127.0.0.1:${values.HYPERSEARCH_PORT || DEFAULT_PORT}`).replace(
      /\/$/,
      '',
    ),
    isServiceGiven: set['HYPERSEARCH_URL'] !== undefined,
    tracesUrl: values.OTEL_EXPORTER_OTLP_ENDPOINT,
    serviceName: values.OTEL_SERVICE_NAME,
    processName: `${hostname()}:${process.pid}`,
  };
}
