/** Decompresses files, and decodes them to text: gzip, Zstandard, byte order marks, encodings. */
import { gunzipSync } from 'node:zlib';
import { InvalidDataset } from './faults.ts';
import type { Compression } from './reading.ts';
import { isZstd, unzstd } from './zstd.ts';

export interface DecodedFile {
  readonly text: string;
  readonly encoding: string;
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
  ['425a68', 'compressed with bzip2; gzip and Zstandard are supported'],
  ['fd377a585a', 'compressed with xz; gzip and Zstandard are supported'],
];

/** Bytes sampled to detect UTF-16 without a byte order mark: in European text every other byte is 0. */
const SAMPLE_BYTES = 4096;

/** At most `limit` bytes, before and after decompression. Throws `InvalidDataset` if it is larger, or damaged. */
export function decompressFile(
  bytes: Uint8Array,
  limit: number,
): { readonly bytes: Uint8Array; readonly compression: Compression } {
  const compression = compressionOf(bytes);
  const plain = { none: (raw: Uint8Array) => raw, gzip: gunzipped, zstd: unzstdUpTo }[compression](bytes, limit);
  if (plain.length > limit) throw fault('', `has ${plain.length} bytes; the limit is ${limit}`);
  if (compression !== 'none' && compressionOf(plain) !== 'none')
    throw fault('', 'is compressed twice; decompress it once');
  return { bytes: plain, compression };
}

function compressionOf(bytes: Uint8Array): Compression {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return isGzip ? 'gzip' : isZstd(bytes) ? 'zstd' : 'none';
}

/** A compressed text or a plain one. */
export function decodeFile(bytes: Uint8Array, encoding: string | undefined, limit: number): DecodedFile {
  return decodeText(decompressFile(bytes, limit).bytes, encoding, limit);
}

/**
 * Decodes a text of at most `limit` bytes. Without a byte order mark and if it is not valid UTF-8, it is decoded as Windows-1252, unless
 * `encoding` is given. Throws `InvalidDataset` if it is not text, and for bytes that are invalid in the encoding: none is silently
 * replaced.
 */
export function decodeText(bytes: Uint8Array, encoding: string | undefined, limit: number): DecodedFile {
  const start = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  const known = signatures.find(([signature]) => start.startsWith(signature));
  if (known !== undefined) throw fault('', `is ${known[1]}`);
  const chosen = encoding === undefined ? detected(bytes) : canonical(encoding);
  const text = decoded(bytes, chosen, encoding !== undefined);
  const size = Buffer.byteLength(text);
  if (size > limit) throw fault('', `has ${size} bytes as UTF-8; the limit is ${limit}`);
  return { text, encoding: chosen };
}

function fault(path: string, message: string): InvalidDataset {
  return new InvalidDataset([{ path, message }]);
}

function tooLarge(limit: number): InvalidDataset {
  return fault('', `has more than ${limit} bytes when decompressed, which is the limit`);
}

function gunzipped(bytes: Uint8Array, limit: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    const large = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw large ? tooLarge(limit) : fault('', 'is a damaged or truncated gzip file');
  }
}

function unzstdUpTo(bytes: Uint8Array, limit: number): Uint8Array {
  let size = 0;
  try {
    return unzstd(bytes, (part) => {
      size += part.length;
      if (size > limit) throw tooLarge(limit);
    });
  } catch (error) {
    if (error instanceof InvalidDataset) throw error;
    throw fault('', 'is a damaged or truncated Zstandard file');
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
