/** Reads event files of TensorBoard, independently of what writes them. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** CRC-32C bit by bit, masked. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
  }
  crc = (crc ^ 0xffffffff) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** The data of the records. Throws where a checksum is wrong or a record is cut. */
export function readRecords(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Uint8Array[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const data = file.subarray(at + 12, at + 12 + length);
    if (view.getUint32(at + 8, true) !== checksum(file.subarray(at, at + 8)))
      throw new Error(`length checksum at ${at}`);
    if (view.getUint32(at + 12 + length, true) !== checksum(data)) throw new Error(`data checksum at ${at}`);
    records.push(data);
    at += 16 + length;
  }
  return records;
}

interface Scalar {
  readonly tag: string;
  readonly step: number;
  readonly value: number;
}

/** The scalars among events. */
export function scalarsIn(records: readonly Uint8Array[]): Scalar[] {
  return records.flatMap((record) => {
    const event = fields(record);
    const summary = event.get(5);
    if (!(summary instanceof Uint8Array)) return [];
    const value = fields(fields(summary).get(1) as Uint8Array);
    const scalar = value.get(2);
    if (typeof scalar !== 'number') return [];
    return [{ tag: new TextDecoder().decode(value.get(1) as Uint8Array), step: Number(event.get(2)), value: scalar }];
  });
}

/** The last value of each field: numbers, and bytes of texts and messages. */
function fields(message: Uint8Array): Map<number, number | Uint8Array> {
  const reader = new BinaryReader(message);
  const read = new Map<number, number | Uint8Array>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.LengthDelimited) read.set(field, reader.bytes());
    else if (type === WireType.Bit32) read.set(field, reader.float());
    else if (type === WireType.Bit64) read.set(field, reader.double());
    else read.set(field, Number(reader.int64()));
  }
  return read;
}
