/** Decodes the bytes of a file to text: gzip, byte order marks, encodings. */
import { gunzipSync } from 'node:zlib';
import { InvalidDataset } from './faults.ts';

export interface DecodedFile {
  readonly text: string;
  readonly encoding: string;
  readonly gzip: boolean;
}

/** Windows-1252 for bytes 0x80 to 0x9f; undefined ones map to the control character with that number. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Aliases. ISO 8859-1 is the same as Windows-1252 except for control characters. */
const alike: Readonly<Record<string, string>> = {
  utf8: 'utf-8',
  utf16: 'utf-16le',
  'utf-16': 'utf-16le',
  latin1: 'windows-1252',
  'latin-1': 'windows-1252',
  'iso-8859-1': 'windows-1252',
  cp1252: 'windows-1252',
  ansi: 'windows-1252',
};

const signatures: readonly (readonly [bytes: string, what: string])[] = [
  ['504b0304', 'a ZIP archive or an Excel workbook; save the sheet as CSV'],
  ['d0cf11e0', 'an old Excel workbook; save the sheet as CSV'],
  ['25504446', 'a PDF'],
  ['50415231', 'a Parquet file; write it as CSV'],
  ['425a68', 'compressed with bzip2; only gzip is supported'],
  ['fd377a585a', 'compressed with xz; only gzip is supported'],
  ['28b52ffd', 'compressed with Zstandard; only gzip is supported'],
];

/** Bytes sampled to detect UTF-16 without a byte order mark: in European text every other byte is 0. */
const SAMPLE_BYTES = 4096;

/**
 * Decodes a file of at most `limit` bytes, before and after decompression. Without a byte order mark and if it is not valid UTF-8, it is
 * decoded as Windows-1252, unless `encoding` is given. Throws `InvalidDataset` if it is not text, and for bytes that are invalid in the
 * encoding: none is silently replaced.
 */
export function decodeFile(bytes: Uint8Array, encoding: string | undefined, limit: number): DecodedFile {
  const gzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = gzip ? gunzipped(bytes, limit) : bytes;
  if (plain.length > limit) throw fault('', `has ${plain.length} bytes; the limit is ${limit}`);
  const start = Buffer.from(plain.subarray(0, 8)).toString('hex');
  const known = signatures.find(([signature]) => start.startsWith(signature));
  if (known !== undefined) throw fault('', `is ${known[1]}`);
  const chosen = encoding === undefined ? detected(plain) : canonical(encoding);
  const text = decoded(plain, chosen, encoding !== undefined);
  const size = Buffer.byteLength(text);
  if (size > limit) throw fault('', `has ${size} bytes as UTF-8; the limit is ${limit}`);
  return { text, encoding: chosen, gzip };
}

function fault(path: string, message: string): InvalidDataset {
  return new InvalidDataset([{ path, message }]);
}

function gunzipped(bytes: Uint8Array, limit: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    const large = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    if (large) throw fault('', `has more than ${limit} bytes when decompressed, which is the limit`);
    throw fault('', 'is a damaged or truncated gzip file');
  }
}

function canonical(encoding: string): string {
  const lower = encoding.trim().toLowerCase();
  try {
    return alike[lower] ?? new TextDecoder(lower).encoding;
  } catch {
    const some = 'utf-8, utf-16le, utf-16be, windows-1252, iso-8859-2, windows-1251, shift_jis, gb18030';
    throw fault('encoding', `must be an encoding such as ${some}, got ${encoding.slice(0, 40)}`);
  }
}

function detected(bytes: Uint8Array): string {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  const zeros = [0, 0];
  sample.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2]!++;
  });
  const many = sample.length / 4;
  if (zeros[1]! > many && zeros[0]! <= many / 4) return 'utf-16le';
  if (zeros[0]! > many && zeros[1]! <= many / 4) return 'utf-16be';
  return isUtf8(bytes) ? 'utf-8' : 'windows-1252';
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function decoded(bytes: Uint8Array, encoding: string, asked: boolean): string {
  // In some Node versions TextDecoder decodes Windows-1252 as ISO 8859-1, where € becomes a control character.
  if (encoding === 'windows-1252') {
    const latin = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    return latin.replace(/[\u0080-\u009f]/g, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80]!);
  }
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    const message = `has bytes that are not ${encoding}; ${asked ? 'leave out encoding= to detect it' : 'set it with encoding='}`;
    throw fault('encoding', message);
  }
}
