/** A process that starts the embedded Postgres in the directory it is given, and says how that went in one line of JSON. */
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts';
import { logTo } from './log.ts';

const directory = process.argv[2] ?? '';
const shelters = process.argv.slice(3);

try {
  const server = await startEmbeddedPostgres({
    directory,
    log: logTo((line) => console.error(line)),
    ...(shelters.length > 0 ? { shelters } : {}),
  });
  console.log(JSON.stringify({ url: server.url, adopted: server.adopted }));
  const onText = async (text: Buffer) => {
    if (text.toString().startsWith('throw')) throw new Error('a fault that nobody foresaw');
    await server.stop();
    process.exit(0);
  };
  process.stdin.on('data', (text: Buffer) => void onText(text));
} catch (error) {
  console.log(JSON.stringify({ error: String(error), pid: (error as { pid?: number }).pid }));
}
