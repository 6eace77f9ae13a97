/** Event files of TensorBoard: records of TFRecord. Scalars are written byte by byte, since an export has millions of them. */

/** Before and after the data of a record: its length, the checksum of that, and the checksum of the data. */
const HEAD = 12;
const FOOT = 4;
/** Of the fields of a scalar beside its tag, at most: time, step, lengths, value. */
const LONGEST_SCALAR = 64;
/** Files share memory of this size, since an export has a file for every trial. */
const SLAB_BYTES = 2 ** 20;

/** Writes files, one after the other. */
export class EventFiles {
  #slab = Buffer.allocUnsafe(SLAB_BYTES);
  /** Where the file begins that is written, and its end so far. */
  #begin = 0;
  #end = 0;

  event(data: Uint8Array): void {
    this.#reserve(HEAD + data.length + FOOT);
    const from = this.#end + HEAD;
    this.#slab.set(data, from);
    this.#frame(from, from + data.length);
  }

  /**
   * An event with a summary with one value. `time`: seconds since 1970; `step`: a whole number below 2^31; `tag`: the field of the value that has it. A
   * value beyond the range of 32-bit floats is left out: it would be read as infinite.
   */
  scalar(time: number, step: number, tag: Uint8Array, value: number): void {
    if (!Number.isFinite(Math.fround(value))) return;
    this.#reserve(HEAD + LONGEST_SCALAR + tag.length + FOOT);
    const buffer = this.#slab;
    const from = this.#end + HEAD;
    // Messages begin with their lengths: that of the value, and that of the summary around it.
    const inner = tag.length + 5;
    const outer = 1 + varintLength(inner) + inner;
    let at = from;
    buffer[at++] = 0x09;
    at = buffer.writeDoubleLE(time, at);
    buffer[at++] = 0x10;
    at = writeVarint(buffer, step, at);
    buffer[at++] = 0x2a;
    at = writeVarint(buffer, outer, at);
    buffer[at++] = 0x0a;
    at = writeVarint(buffer, inner, at);
    for (let i = 0; i < tag.length; i++) buffer[at++] = tag[i]!;
    buffer[at++] = 0x15;
    at = buffer.writeFloatLE(value, at);
    this.#frame(from, at);
  }

  /** The file; what comes next is of another one. */
  end(): Uint8Array {
    const file = this.#slab.subarray(this.#begin, this.#end);
    this.#begin = this.#end;
    return file;
  }

  /** The data from `from` to `to` become a record: length, its checksum, the data, its checksum; little-endian. */
  #frame(from: number, to: number): void {
    const buffer = this.#slab;
    const begin = from - HEAD;
    // Lengths are below 2^32.
    buffer.writeUInt32LE(to - from, begin);
    buffer.writeUInt32LE(0, begin + 4);
    buffer.writeUInt32LE(maskedCrc(buffer, begin, begin + 8), begin + 8);
    this.#end = buffer.writeUInt32LE(maskedCrc(buffer, from, to), to);
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#slab.length) return;
    const written = this.#slab.subarray(this.#begin, this.#end);
    this.#slab = Buffer.allocUnsafe(Math.max(SLAB_BYTES, 2 * (written.length + bytes)));
    this.#slab.set(written);
    this.#begin = 0;
    this.#end = written.length;
  }
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) length++;
  return length;
}

/** Of a whole number from 0 to below 2^32. Returns the position after it. */
function writeVarint(buffer: Uint8Array, value: number, position: number): number {
  let at = position;
  let rest = value >>> 0;
  for (; rest > 0x7f; rest >>>= 7) buffer[at++] = (rest & 0x7f) | 0x80;
  buffer[at++] = rest;
  return at;
}

/** CRC-32C (Castagnoli), which zlib does not have. Entry 256 k + b: what byte b contributes if k bytes follow it in a word of four. */
const crcTables = new Int32Array(4 * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let k = 0; k < 4; k++) {
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    crcTables[256 * k + byte] = crc;
  }
}

/** The checksum as TFRecord stores it: rotated by 15 bits, plus a constant, so that the checksum of a record that has checksums is not degenerate. */
function maskedCrc(bytes: Uint8Array, from: number, to: number): number {
  const tables = crcTables;
  let crc = -1;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      tables[768 + (crc & 0xff)]! ^
      tables[512 + ((crc >>> 8) & 0xff)]! ^
      tables[256 + ((crc >>> 16) & 0xff)]! ^
      tables[crc >>> 24]!;
  }
  for (; i < to; i++) crc = tables[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  crc = ~crc;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
