// Read by the prisma command line alone; the service itself needs neither it nor Prisma's engines.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// Prisma would download a native schema engine for every command, `generate` included. Ours is in node_modules already.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(new URL('scripts/prisma-schema-engine.mjs', import.meta.url));
// No version check and no statistics over the network either.
process.env.CHECKPOINT_DISABLE ??= '1';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // Only the migrate commands connect; `generate` and `validate` work without.
  ...(process.env.DATABASE_URL ? { datasource: { url: process.env.DATABASE_URL } } : {}),
});
