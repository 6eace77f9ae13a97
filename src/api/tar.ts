/** Archives in pieces: files are added as they come, and no more than a piece is in memory. */
import { packTar } from 'modern-tar';

export interface ArchivedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly time: Date;
}

/** Two blocks of zeros end an archive. */
export const archiveEnd = new Uint8Array(1024);

/** A piece of an archive, without its end: pieces one after the other, and the end, are an archive. */
export async function archived(files: readonly ArchivedFile[]): Promise<Uint8Array> {
  const packed = await packTar(
    files.map(({ path, bytes, time }) => ({ header: { name: path, size: bytes.length, mtime: time }, body: bytes })),
  );
  return packed.subarray(0, packed.length - archiveEnd.length);
}
