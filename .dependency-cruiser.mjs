// Which module may import what (docs/architecture.md): read by dependency-cruiser (npm run lint) and by test/unit/architecture.test.ts.

/**
 * Module → `path`, a folder or a file; `imports`, the modules it may import beside itself, types included, `'*'` for every one; `packages`, whether
 * it may import npm packages; `pure`, whether it must ask neither the clock nor Math.random.
 */
export const modules = {
  'exact-math': { path: 'src/exact-math.ts', imports: [], packages: false, pure: true },
  random: { path: 'src/random.ts', imports: ['exact-math'], packages: false, pure: true },
  errors: { path: 'src/errors.ts', imports: [], packages: false, pure: true },
  format: { path: 'src/format.ts', imports: [], packages: false, pure: true },
  paths: { path: 'src/paths.ts', imports: [], packages: false },
  'free-text': { path: 'src/free-text.ts', imports: [], packages: false, pure: true },
  'write-csv': { path: 'src/write-csv.ts', imports: [], packages: true },
  config: { path: 'src/config.ts', imports: ['compute', 'domain'], packages: true },
  log: { path: 'src/log.ts', imports: ['config'], packages: true },
  algorithms: { path: 'src/algorithms/', imports: ['random', 'exact-math', 'format'], packages: false, pure: true },
  nn: { path: 'src/nn/', imports: ['random', 'exact-math', 'format', 'algorithms'], packages: false, pure: true },
  data: { path: 'src/data/', imports: ['random', 'exact-math'], packages: true, pure: true },
  models: {
    path: 'src/models/',
    imports: ['algorithms', 'nn', 'data', 'random', 'exact-math', 'paths'],
    packages: true,
    pure: true,
  },
  diagnosis: { path: 'src/diagnosis/', imports: ['nn', 'format'], packages: false, pure: true },
  compute: {
    path: 'src/compute/',
    imports: ['nn', 'data', 'diagnosis', 'algorithms', 'models', 'format', 'errors', 'paths'],
    packages: true,
  },
  domain: {
    path: 'src/domain/',
    imports: ['algorithms', 'nn', 'data', 'compute', 'diagnosis', 'models', 'format', 'errors'],
    packages: true,
    pure: true,
  },
  // Of data its CSV parser, of compute and nn the types of curves.
  imports: {
    path: 'src/imports/',
    imports: ['domain', 'algorithms', 'data', 'compute', 'nn', 'errors', 'exact-math'],
    packages: true,
    pure: true,
  },
  // Of the domain the records and the specification, of the pure modules lists of names.
  contract: {
    path: 'src/contract/',
    imports: ['domain', 'algorithms', 'nn', 'data', 'compute', 'diagnosis', 'models', 'imports', 'errors'],
    packages: true,
  },
  application: {
    path: 'src/application/',
    imports: [
      'contract',
      'imports',
      'domain',
      'algorithms',
      'nn',
      'data',
      'compute',
      'diagnosis',
      'models',
      'errors',
      'log',
    ],
    packages: true,
  },
  client: { path: 'src/client/', imports: ['contract'], packages: false },
  'embedded-postgres': { path: 'src/embedded-postgres/', imports: ['log', 'errors'], packages: true, stores: true },
  adapters: {
    path: 'src/adapters/',
    imports: ['application', 'domain', 'contract', 'nn', 'compute', 'data', 'errors', 'log', 'write-csv'],
    packages: true,
    stores: true,
  },
  api: {
    path: 'src/api/',
    imports: [
      'application',
      'contract',
      'domain',
      'compute',
      'nn',
      'data',
      'errors',
      'paths',
      'log',
      'write-csv',
      'free-text',
    ],
    packages: true,
  },
  conformance: {
    path: 'src/conformance/',
    imports: ['algorithms', 'nn', 'random', 'exact-math', 'format', 'errors', 'paths'],
    packages: true,
  },
  // The composition roots know everything.
  assembly: { path: 'src/assembly.ts', imports: ['*'], packages: true },
  service: { path: 'src/service.ts', imports: ['*'], packages: true },
  serve: { path: 'src/serve.ts', imports: ['*'], packages: true },
  cli: { path: 'src/cli/', imports: ['*'], packages: true },
  workers: { path: 'workers/', imports: ['*'], packages: true },
  // A browser runs it: of the service it may import types everywhere, values of `imports` alone.
  web: {
    path: 'web/src/',
    imports: ['client', 'algorithms', 'domain', 'nn', 'format', 'free-text'],
    types: ['*'],
    packages: true,
  },
};

/** Packages that keep or carry data. */
const stores = ['bullmq', 'ioredis', 'pg', '@prisma'];

const pattern = ({ path }) => `^${path.replaceAll('.', '\\.')}${path.endsWith('/') ? '' : '$'}`;
const all = Object.values(modules);
const code = '^(src|workers|web/src|bench|test|scripts)/';
const npm = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown'];

/** What nothing in the module may import of the project's own code; none where everything is allowed. */
function direction(name, module, names, more = {}) {
  if (names.includes('*')) return [];
  const allowed = [module, ...names.map((other) => modules[other])];
  return [
    {
      name,
      severity: 'error',
      from: { path: pattern(module) },
      to: { path: code, pathNot: allowed.map(pattern), ...more },
    },
  ];
}

const directions = Object.entries(modules).flatMap(([name, module]) => [
  ...direction(`${name}-imports`, module, module.types ?? module.imports),
  ...(module.types
    ? direction(`${name}-imports-values`, module, module.imports, { dependencyTypesNot: ['type-only'] })
    : []),
]);

const packages = Object.entries(modules)
  .filter(([, module]) => !module.packages)
  .map(([name, module]) => ({
    name: `${name}-without-packages`,
    severity: 'error',
    from: { path: pattern(module) },
    to: { dependencyTypes: npm },
  }));

const outside = { path: '^(src|workers)/', pathNot: all.map(pattern) };

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...directions,
    ...packages,
    {
      name: 'no-circle',
      comment: 'Types count: two files that know each other are one file in two pieces.',
      severity: 'error',
      from: { path: code },
      to: { circular: true },
    },
    { name: 'no-module-from', comment: 'Every file is in a module.', severity: 'error', from: outside, to: {} },
    { name: 'no-module-to', comment: 'Every file is in a module.', severity: 'error', from: {}, to: outside },
    {
      name: 'stores-in-adapters',
      severity: 'error',
      from: { path: '^(src|workers|web/src)/', pathNot: all.filter((module) => module.stores).map(pattern) },
      to: { path: stores.map((store) => `(^|/)node_modules/${store}/`) },
    },
    {
      name: 'no-dev-dependency',
      comment: 'An image has none: docker and npm ci --omit=dev leave them out.',
      severity: 'error',
      from: { path: '^(src|workers)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'resolvable', severity: 'error', from: { path: code }, to: { couldNotResolve: true } },
    {
      name: 'no-test-code',
      comment: 'What is shipped knows neither tests nor benchmarks.',
      severity: 'error',
      from: { path: '^(src|workers|web/src|scripts)/' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: ['node_modules', 'src/adapters/prisma-client'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
