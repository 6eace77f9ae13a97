#!/usr/bin/env node
// Stands in for Prisma's native schema engine, which its command line would otherwise download for every command.
//
// The same engine exists compiled to WebAssembly (@prisma/schema-engine-wasm), as a library that reaches the database
// through a driver adapter. What is missing is the program around it, which is this file: the command line starts it,
// writes JSON-RPC requests to its stdin, one per line, and reads the answers from its stdout. prisma.config.ts points
// PRISMA_SCHEMA_ENGINE_BINARY here.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

// Postgres' internal one-byte type "char", which its catalog uses and @prisma/adapter-pg does not know.
const charOid = 18;
const textOid = 25;

/** The arguments that the command line gives the native engine. */
function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    // Options that a later version adds must not make this fail.
    strict: false,
    options: {
      datamodels: { type: 'string', multiple: true, short: 'd' },
      datasource: { type: 'string' },
      version: { type: 'boolean' },
      'enabled-preview-features': { type: 'string' },
      'extension-types': { type: 'string' },
    },
  });
  const url = values.datasource ? JSON.parse(values.datasource).url : process.env.DATABASE_URL;
  return { positionals, url, version: values.version === true, schemaFiles: values.datamodels ?? [] };
}

/** What wasm-bindgen's own loader does, except that it expects a bundler to import the .wasm file. */
async function loadEngine() {
  // The engine's panic hook writes here; it must be in place before the module is instantiated.
  globalThis.PRISMA_WASM_PANIC_REGISTRY = {
    message: '',
    set_message(message) {
      this.message = message;
    },
  };
  const name = '@prisma/schema-engine-wasm/schema_engine_bg';
  const bindings = await import(name);
  const wasm = createRequire(import.meta.url)
    .resolve(name)
    .replace(/\.js$/, '.wasm');
  const { instance } = await WebAssembly.instantiate(readFileSync(wasm), { './schema_engine_bg.js': bindings });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return bindings.SchemaEngine;
}

/**
 * A pool whose results call "char" columns text, which the adapter accepts. `charColumns` collects their names, for
 * the engine must be informed in the end that they are characters.
 */
function createPool(url, charColumns) {
  const disguise = (queryable) => {
    const query = queryable.query.bind(queryable);
    queryable.query = (...parameters) => {
      const answer = query(...parameters);
      return typeof answer?.then === 'function' ? answer.then(disguiseFields) : answer;
    };
  };
  const disguiseFields = (result) => {
    for (const field of result.fields ?? []) {
      if (field.dataTypeID !== charOid) continue;
      field.dataTypeID = textOid;
      charColumns.add(field.name);
    }
    return result;
  };
  const pool = new pg.Pool({ connectionString: url, max: 3 });
  // An idle connection that breaks is replaced; unheard, its error would end the process.
  pool.on('error', () => undefined);
  disguise(pool);
  pool.on('connect', disguise);
  return pool;
}

async function connectAdapter(url) {
  const charColumns = new Set();
  const adapter = await new PrismaPg(createPool(url, charColumns), { disposeExternalPool: true }).connect();
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    charColumns.clear();
    const result = await queryRaw(query);
    result.columnNames.forEach((name, i) => {
      if (charColumns.has(name)) result.columnTypes[i] = ColumnTypeEnum.Character;
    });
    return result;
  };
  return adapter;
}

/** Makes a database to replay the migrations in; it goes with the adapter. */
async function connectToShadow(url) {
  const name = `prisma_migrate_shadow_db_${randomUUID()}`;
  await atServer(url, (client) => client.query(`create database ${pg.escapeIdentifier(name)}`));
  const adapter = await connectAdapter(withDatabase(url, name));
  const dispose = adapter.dispose.bind(adapter);
  adapter.dispose = async () => {
    await dispose();
    await atServer(url, (client) => client.query(`drop database ${pg.escapeIdentifier(name)} with (force)`));
  };
  return adapter;
}

function adapterFactory(url) {
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => connectAdapter(url),
    // The adapter's own version loses the database's name to the one in the URL, and so would replay into the real one.
    connectToShadowDb: () => connectToShadow(url),
  };
}

async function atServer(url, work) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(url, name) {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

async function createDatabase(url) {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  await atServer(withDatabase(url, 'postgres'), (client) =>
    client.query(`create database ${pg.escapeIdentifier(name)}`),
  );
  return { databaseName: name };
}

/** `cli can-connect-to-database` and `cli create-database`: asked before the engine itself is started. */
async function runSubcommand(command, url) {
  try {
    if (command === 'create-database') await createDatabase(url);
    else await atServer(url, (client) => client.query('select 1'));
    return 0;
  } catch (error) {
    // Prisma's own codes: no such database, database exists, authentication failed, cannot reach the server.
    const codes = { '3D000': 'P1003', '42P04': 'P1009', '28P01': 'P1000' };
    const fields = { error_code: codes[error.code] ?? 'P1001', message: error.message || String(error.code) };
    // The reader skips the first line, where the native engine prints something else.
    console.error(`\n${JSON.stringify({ level: 'ERROR', target: 'schema_engine::logger', fields })}`);
    return 1;
  }
}

/** The engine's methods are named as the protocol's, but for two. */
function handlerOf(engine, method, url) {
  if (method === 'getDatabaseVersion') return (params) => engine.version(params);
  if (method === 'createDatabase') return () => createDatabase(url);
  if (typeof engine[method] !== 'function') throw new Error(`The schema engine has no method ${method}`);
  return async (params) => {
    if (replaysMigrations.has(method)) await enableShadow(engine, params);
    return engine[method](params);
  };
}

const replaysMigrations = new Set(['evaluateDataLoss', 'createMigration']);

/**
 * These methods fail with "shadow DB must be provided through an external factory" unless the engine has used its
 * factory before, which devDiagnostic does; and applying a migration makes it forget. Hence also an engine per request.
 */
function enableShadow(engine, { migrationsList, filters }) {
  return engine.devDiagnostic({ migrationsList, filters });
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

async function answer(engine, { id, method, params }, url) {
  try {
    const result = await handlerOf(engine, method, url)(params);
    // The native engine has the difference printed by the command line, in a request of its own.
    if (method === 'diff' && result?.stdout) send({ id: -1, method: 'print', params: { content: result.stdout } });
    send({ id, result: result ?? {} });
  } catch (error) {
    send({ id, error: describe(error) });
  }
}

/** In the shape of the native engine's errors; 4466 is its code for all that the user may have caused. */
function describe(error) {
  const panic = globalThis.PRISMA_WASM_PANIC_REGISTRY.message;
  const message = error?.message ?? String(error);
  const data = panic
    ? { is_panic: true, message: panic, backtrace: error?.stack ?? null }
    : { is_panic: false, message, meta: parseOrEmpty(message), error_code: error?.code };
  return { code: 4466, message: 'An error happened. Check the data field for details.', data };
}

function parseOrEmpty(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

async function serve({ url, schemaFiles }) {
  const SchemaEngine = await loadEngine();
  const files = schemaFiles.map((file) => [file, readFileSync(file, 'utf8')]);
  const datamodels = files.length > 0 ? files : undefined;
  const start = () =>
    SchemaEngine.new({ datamodels }, () => undefined, bindMigrationAwareSqlAdapterFactory(adapterFactory(url)));
  // One request after the other: what one writes the next one reads.
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const request = parseOrEmpty(line);
    // What has no method is the answer to a `print`.
    if (request.method) await answer(await start(), request, url);
  }
}

/** A panic inside the engine surfaces here, and nothing after it would work. 101 is what a panicking program exits with. */
process.on('uncaughtException', (error) => {
  console.error(globalThis.PRISMA_WASM_PANIC_REGISTRY?.message || error);
  process.exit(101);
});

const given = readArguments();
if (given.version) console.log('schema-engine-cli wasm');
else if (given.positionals[0] === 'cli') process.exitCode = await runSubcommand(given.positionals[1], given.url);
else {
  await serve(given);
  // Idle connections would keep the process alive.
  process.exit(0);
}
