#!/usr/bin/env bash
# @prisma/adapter-pg 7.10.0: a migration with a semicolon in a comment, a text or the body of a function fails where the schema engine uses a driver adapter.
#
# `executeScript`, by which the schema engine in WebAssembly applies migrations to its shadow database, cuts the script at every semicolon and runs the
# parts one by one. Postgres itself takes the whole script.
#
# Runs three valid scripts as a whole and by the adapter, on PGlite behind a socket. Fails if that is not as described.
set -euo pipefail
for tool in node npm; do command -v "$tool" >/dev/null || { echo "needs $tool"; exit 2; }; done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --legacy-peer-deps --no-audit --no-fund --ignore-scripts @prisma/adapter-pg@7.10.0 pg@8.23.1 @electric-sql/pglite@0.5.14 @electric-sql/pglite-socket@0.2.17
cat > scripts.mjs <<'JS'
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';

/** On an empty database of its own: PGlite has one connection. */
async function outcome(run) {
  const server = new PGLiteSocketServer({ db: await PGlite.create(), port: 0, host: '127.0.0.1' });
  await server.start();
  const [, port] = server.getServerConn().split(':');
  const url = `postgresql://postgres:postgres@127.0.0.1:${port}/postgres?sslmode=disable`;
  const answer = await run(url).then(() => 'is run', (error) => `fails: ${error.cause?.originalMessage ?? error.message}`);
  await server.stop();
  return answer;
}

async function asWhole(url, script) {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  await client.query(script);
}

async function byAdapter(url, script) {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  pool.on('error', () => undefined);
  await (await new PrismaPg(pool).connect()).executeScript(script);
}

const scripts = {
  'a comment': '-- the first table; there is one more\nCREATE TABLE a (x int);',
  'a text': "CREATE TABLE b (x text DEFAULT 'one; two');",
  'a function': 'CREATE FUNCTION c() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;',
};
for (const [name, script] of Object.entries(scripts)) {
  const whole = await outcome((url) => asWhole(url, script));
  const parts = await outcome((url) => byAdapter(url, script));
  console.log(`a semicolon in ${name}: the whole ${whole}; by the adapter it ${parts}`);
}
process.exit();
JS
node scripts.mjs | tee seen
diff - seen <<'SEEN'
a semicolon in a comment: the whole is run; by the adapter it fails: syntax error at or near "there"
a semicolon in a text: the whole is run; by the adapter it fails: unterminated quoted string at or near "'one"
a semicolon in a function: the whole is run; by the adapter it fails: unterminated dollar-quoted string at or near "$$ BEGIN RETURN 1"
SEEN
echo 'as described'
