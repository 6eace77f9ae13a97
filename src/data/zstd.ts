/** Files of Zstandard (RFC 8878), frame by frame. Node 20 cannot read them, and fzstd does not compare checksums. */
import { Decompress } from 'fzstd';
import xxhash from 'xxhash-wasm';

const { create64 } = await xxhash();

const MAGIC = 0xfd2fb528;
/** Of frames to be skipped, of which there are 16 signatures (3.1.2). */
const SKIPPED = 0x184d2a50;

export function isZstd(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && isMagic(viewOf(bytes).getUint32(0, true));
}

function isMagic(magic: number): boolean {
  return magic === MAGIC || (magic & 0xfffffff0) >>> 0 === SKIPPED;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

interface Frame {
  readonly bytes: Uint8Array;
  /** Of its content, if the frame says them. */
  readonly size: number | undefined;
  readonly checksum: number | undefined;
}

/** Throws a RangeError for a file that ends within a frame, or has something else between them. */
function* framesOf(bytes: Uint8Array): Generator<Frame> {
  const view = viewOf(bytes);
  for (let from = 0; from < bytes.length; ) {
    const magic = view.getUint32(from, true);
    if (!isMagic(magic)) throw new RangeError('is no frame');
    const isContent = magic === MAGIC;
    const header = isContent ? headerOf(view, from) : undefined;
    const end = header === undefined ? from + 8 + view.getUint32(from + 4, true) : endOf(view, header);
    if (end > bytes.length) throw new RangeError('is cut off');
    if (header !== undefined) {
      const checksum = header.hasChecksum ? view.getUint32(end - 4, true) : undefined;
      yield { bytes: bytes.subarray(from, end), size: header.size, checksum };
    }
    from = end;
  }
}

interface Header {
  /** Where its first block begins. */
  readonly blocks: number;
  readonly size: number | undefined;
  readonly hasChecksum: boolean;
}

function headerOf(view: DataView, from: number): Header {
  const descriptor = view.getUint8(from + 4);
  const isSingle = (descriptor & 32) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3]!;
  const at = from + 5 + (isSingle ? 0 : 1) + dictionary;
  const bytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const sizes: Readonly<Record<number, () => number>> = {
    1: () => view.getUint8(at),
    2: () => view.getUint16(at, true) + 256,
    4: () => view.getUint32(at, true),
    8: () => Number(view.getBigUint64(at, true)),
  };
  return { blocks: at + bytes, size: sizes[bytes]?.(), hasChecksum: (descriptor & 4) !== 0 };
}

/** After its last block and its checksum. */
function endOf(view: DataView, { blocks, hasChecksum }: Header): number {
  let at = blocks;
  for (let isLast = false; !isLast; ) {
    const block = view.getUint8(at) | (view.getUint16(at + 1, true) << 8);
    isLast = (block & 1) !== 0;
    // A block of one byte that is repeated.
    const isRepeated = ((block >> 1) & 3) === 1;
    at += 3 + (isRepeated ? 1 : block >> 3);
  }
  return at + (hasChecksum ? 4 : 0);
}

const CHUNK = 64 * 1024;

/** Chunk by chunk: `take` gets every part, and may throw, so that no more is decompressed than it wants. Throws for a damaged file. */
export function unzstd(bytes: Uint8Array, take: (part: Uint8Array) => void): Uint8Array {
  const contents: Uint8Array[] = [];
  for (const frame of framesOf(bytes)) {
    const parts: Uint8Array[] = [];
    const hash = create64();
    const stream = new Decompress((part) => {
      take(part);
      hash.update(part);
      parts.push(part);
    });
    for (let from = 0; from < frame.bytes.length; from += CHUNK)
      stream.push(frame.bytes.subarray(from, from + CHUNK), from + CHUNK >= frame.bytes.length);
    const content = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    if (frame.size !== undefined && content.length !== frame.size) throw new RangeError('has another size');
    // The lower half of XXH64.
    const checksum = Number(BigInt.asUintN(32, hash.digest()));
    if (frame.checksum !== undefined && checksum !== frame.checksum) throw new RangeError('has another checksum');
    contents.push(content);
  }
  if (contents.length === 0) throw new RangeError('has no content');
  return contents.length === 1 ? contents[0]! : Buffer.concat(contents);
}
