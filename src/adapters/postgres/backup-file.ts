/**
 * The file of a backup: gzip of one line of JSON (the head) and, for every table of it, the bytes of COPY in frames (length in four bytes, big-endian;
 * a length of 0 ends the table). The last 32 bytes of the file are the sha256 of all before them.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { messageOf } from '../../errors.ts';

export const FORMAT = 1;
const DIGEST_BYTES = 32;
/** Limits on what a file may make a process allocate. Postgres sends COPY in pieces of a row or less than 100 kB. */
const MAX_HEAD_BYTES = 1_000_000;
const MAX_FRAME_BYTES = 2 ** 30;

const identifier = z.string().regex(/^[a-z_]+$/);
const headSchema = z.object({
  kind: z.literal('hypersearch backup'),
  format: z.number().int(),
  /** Version of the program that wrote it. */
  version: z.string(),
  createdAt: z.iso.datetime(),
  /** Names of the migrations that were applied, in order. */
  migrations: z.array(z.string()),
  tables: z.array(
    z.object({ name: identifier, columns: z.array(identifier).min(1), rows: z.number().int().nonnegative() }),
  ),
});
export type BackupHead = z.infer<typeof headSchema>;

/** The file is no backup, or is damaged. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

export function headLine(head: BackupHead): Buffer {
  return Buffer.from(`${JSON.stringify(head)}\n`);
}

/** The frames of one table. */
export async function* framed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) if (chunk.length > 0) yield* [lengthOf(chunk.length), chunk];
  yield lengthOf(0);
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes);
  return length;
}

/** Appends the checksum. */
export async function* sealed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  yield hash.digest();
}

/** Reads all of the file once. @throws BackupError if its checksum is not that of its content. */
export async function verifyChecksum(file: string): Promise<void> {
  const { size } = await stat(file);
  const damaged = `${file}: this is not a complete backup (${size} bytes): its checksum does not match. It was cut off, changed, or is another kind of file`;
  if (size <= DIGEST_BYTES) throw new BackupError(damaged);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { end: size - DIGEST_BYTES - 1 }), hash);
  const handle = await open(file);
  try {
    const stored = Buffer.alloc(DIGEST_BYTES);
    await handle.read(stored, 0, DIGEST_BYTES, size - DIGEST_BYTES);
    if (!stored.equals(hash.digest())) throw new BackupError(damaged);
  } finally {
    await handle.close();
  }
}

export interface BackupReader {
  readonly head: BackupHead;
  /** The bytes of the next table, which must be read to their end. */
  table(): AsyncGenerator<Buffer>;
  close(): void;
}

/** Reads the head. @throws BackupError if it is not one, or of another format. */
export async function openBackup(file: string): Promise<BackupReader> {
  const { size } = await stat(file);
  const source = createReadStream(file, { end: size - DIGEST_BYTES - 1 });
  const unzipped = createGunzip();
  source.on('error', (error) => unzipped.destroy(error));
  source.pipe(unzipped);
  const close = () => {
    source.destroy();
    unzipped.destroy();
  };
  const bytes = new ByteReader(unzipped);
  try {
    const head = parseHead(file, await bytes.line(MAX_HEAD_BYTES));
    return { head, table: () => framesOf(bytes), close };
  } catch (error) {
    close();
    throw error instanceof BackupError ? error : new BackupError(`${file}: not a backup: ${messageOf(error)}`);
  }
}

function parseHead(file: string, line: string): BackupHead {
  const { format } = z.object({ format: z.number() }).parse(JSON.parse(line));
  if (format !== FORMAT) {
    throw new BackupError(`${file}: a backup of format ${format}; this version of hypersearch reads format ${FORMAT}`);
  }
  return headSchema.parse(JSON.parse(line));
}

async function* framesOf(bytes: ByteReader): AsyncGenerator<Buffer> {
  for (;;) {
    const length = (await bytes.take(4)).readUInt32BE();
    if (length === 0) return;
    if (length > MAX_FRAME_BYTES)
      throw new BackupError(`a piece of ${length} bytes, at most ${MAX_FRAME_BYTES} expected`);
    yield await bytes.take(length);
  }
}

class ByteReader {
  private readonly source: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  async take(count: number): Promise<Buffer> {
    const parts = [this.rest];
    let held = this.rest.length;
    while (held < count) {
      const chunk = await this.next();
      parts.push(chunk);
      held += chunk.length;
    }
    const all = parts.length === 1 ? this.rest : Buffer.concat(parts);
    this.rest = all.subarray(count);
    return all.subarray(0, count);
  }

  async line(limit: number): Promise<string> {
    while (!this.rest.includes(10)) {
      if (this.rest.length > limit) throw new BackupError(`its first line has more than ${limit} bytes`);
      this.rest = Buffer.concat([this.rest, await this.next()]);
    }
    const line = await this.take(this.rest.indexOf(10) + 1);
    return line.toString('utf8');
  }

  private async next(): Promise<Buffer> {
    const { value, done } = await this.source.next();
    if (done === true) throw new BackupError('it ends too early');
    return value;
  }
}
