/** Archives in pieces: files are added as they come, and no more than a piece is in memory. */

export interface ArchivedFile {
  /** ASCII; at most 100 characters after one of its slashes, and 155 before it. */
  readonly path: string;
  /** Below 8 GiB. */
  readonly bytes: Uint8Array;
  readonly time: Date;
}

const BLOCK = 512;

/** Two blocks of zeros end an archive. */
export const archiveEnd = new Uint8Array(2 * BLOCK);

/**
 * A piece of an archive (POSIX ustar), without its end: pieces one after the other, and the end, are an archive. Throws where a path or a file is
 * longer than the format allows.
 */
export function archived(files: readonly ArchivedFile[]): Uint8Array {
  const sizeOf = ({ bytes }: ArchivedFile) => BLOCK + Math.ceil(bytes.length / BLOCK) * BLOCK;
  const piece = Buffer.alloc(files.reduce((sum, file) => sum + sizeOf(file), 0));
  let at = 0;
  for (const file of files) {
    writeHeader(piece.subarray(at, at + BLOCK), file);
    piece.set(file.bytes, at + BLOCK);
    at += sizeOf(file);
  }
  return piece;
}

const NAME = 100;
const PREFIX = { at: 345, length: 155 } as const;
const SIZE_DIGITS = 11;
const CHECKSUM = { at: 148, length: 8 } as const;

/** Of a regular file that everyone may read. What it does not set is zero. */
function writeHeader(header: Buffer, { path, bytes, time }: ArchivedFile): void {
  // A long path is cut at a slash, which is stored in neither part.
  const cut = path.length > NAME ? path.indexOf('/', path.length - NAME - 1) : -1;
  const [prefix, name] = [path.slice(0, Math.max(0, cut)), path.slice(cut + 1)];
  if (!/^[\x20-\x7e]+$/.test(path) || name.length > NAME || prefix.length > PREFIX.length) {
    throw new Error(
      `a path in an archive must be of ASCII, at most ${PREFIX.length} characters, a slash, and ${NAME}: got ${path}`,
    );
  }
  const size = bytes.length.toString(8);
  if (size.length > SIZE_DIGITS) throw new Error(`${path} has ${bytes.length} bytes, too many for an archive`);
  header.write(name, 0);
  header.write(prefix, PREFIX.at);
  header.write('0000644', 100);
  header.write('0000000', 108);
  header.write('0000000', 116);
  header.write(size.padStart(SIZE_DIGITS, '0'), 124);
  header.write(
    Math.max(0, Math.floor(time.getTime() / 1000))
      .toString(8)
      .padStart(SIZE_DIGITS, '0'),
    136,
  );
  header.fill(0x20, CHECKSUM.at, CHECKSUM.at + CHECKSUM.length);
  header.write('0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM.at);
}
