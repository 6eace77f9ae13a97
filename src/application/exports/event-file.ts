/**
 * Event files of TensorBoard: records of TFRecord with messages Event, Summary and those of the HParams plugin. Field numbers are those of
 * event.proto, summary.proto, tensor.proto (TensorFlow), api.proto and plugin_data.proto (TensorBoard 2.21); they never change.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export type Cell = number | string | boolean;
export type ColumnType = 'string' | 'bool' | 'number';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly interval?: { readonly low: number; readonly high: number } | undefined;
  readonly choices?: readonly Cell[] | undefined;
}

export interface Experiment {
  readonly name: string;
  readonly description: string;
  /** Seconds since 1970, as all times here. */
  readonly created: number;
  readonly columns: readonly Column[];
  /** Tags of the metrics of the table. */
  readonly metrics: readonly string[];
}

export type Status = 'unknown' | 'success' | 'failure' | 'running';

const columnTypes: Readonly<Record<ColumnType, number>> = { string: 1, bool: 2, number: 3 };
const statuses: Readonly<Record<Status, number>> = { unknown: 0, success: 1, failure: 2, running: 3 };
const DT_FLOAT = 1;

/** Collects the records of one file. */
export class EventFile {
  readonly #records: Uint8Array[] = [];

  /** The first event of a file names the version of the format. */
  constructor(time: number) {
    this.#event(time, 0, (event) => event.tag(3, WireType.LengthDelimited).string('brain.Event:2'));
  }

  /** A value beyond the range of 32-bit floats is left out: it would be read as infinite. */
  scalar(time: number, step: number, tag: string, value: number): void {
    if (!Number.isFinite(Math.fround(value))) return;
    this.#summary(time, step, (summary) => {
      summary.tag(1, WireType.LengthDelimited).string(tag);
      summary.tag(2, WireType.Bit32).float(value);
    });
  }

  experiment({ name, description, created, columns, metrics }: Experiment): void {
    this.#hparams(created, '_hparams_/experiment', 2, (writer) => {
      writer.tag(1, WireType.LengthDelimited).string(description);
      writer.tag(3, WireType.Bit64).double(created);
      for (const column of columns) message(writer, 4, () => writeColumn(writer, column));
      for (const tag of metrics) {
        message(writer, 5, () => {
          message(writer, 1, () => writer.tag(2, WireType.LengthDelimited).string(tag));
          writer.tag(3, WireType.LengthDelimited).string(tag);
        });
      }
      writer.tag(6, WireType.LengthDelimited).string(name);
    });
  }

  sessionStart(time: number, group: string, hyperparameters: Readonly<Record<string, Cell>>): void {
    this.#hparams(time, '_hparams_/session_start_info', 3, (writer) => {
      for (const [name, value] of Object.entries(hyperparameters)) {
        message(writer, 1, () => {
          writer.tag(1, WireType.LengthDelimited).string(name);
          message(writer, 2, () => writeCell(writer, value));
        });
      }
      writer.tag(4, WireType.LengthDelimited).string(group);
      writer.tag(5, WireType.Bit64).double(time);
    });
  }

  sessionEnd(time: number, status: Status): void {
    this.#hparams(time, '_hparams_/session_end_info', 4, (writer) => {
      writer.tag(1, WireType.Varint).int32(statuses[status]);
      writer.tag(2, WireType.Bit64).double(time);
    });
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#records);
  }

  /** The plugin finds its data in the metadata of a summary without content: an empty tensor. */
  #hparams(time: number, tag: string, field: number, write: (writer: BinaryWriter) => void): void {
    const content = new BinaryWriter();
    message(content, field, () => write(content));
    this.#summary(time, 0, (summary) => {
      summary.tag(1, WireType.LengthDelimited).string(tag);
      message(summary, 8, () => {
        summary.tag(1, WireType.Varint).int32(DT_FLOAT);
        // The shape [0]: a dimension whose size is left out.
        message(summary, 2, () => message(summary, 2, () => {}));
      });
      message(summary, 9, () =>
        message(summary, 1, () => {
          summary.tag(1, WireType.LengthDelimited).string('hparams');
          summary.tag(2, WireType.LengthDelimited).bytes(content.finish());
        }),
      );
    });
  }

  #summary(time: number, step: number, write: (writer: BinaryWriter) => void): void {
    this.#event(time, step, (event) => message(event, 5, () => message(event, 1, () => write(event))));
  }

  #event(time: number, step: number, write: (writer: BinaryWriter) => void): void {
    const writer = new BinaryWriter();
    writer.tag(1, WireType.Bit64).double(time);
    writer.tag(2, WireType.Varint).int64(step);
    write(writer);
    this.#records.push(framed(writer.finish()));
  }
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

function writeColumn(writer: BinaryWriter, { name, type, interval, choices }: Column): void {
  writer.tag(1, WireType.LengthDelimited).string(name);
  writer.tag(4, WireType.Varint).int32(columnTypes[type]);
  if (choices !== undefined) {
    message(writer, 5, () => {
      for (const choice of choices) message(writer, 1, () => writeCell(writer, choice));
    });
  } else if (interval !== undefined) {
    message(writer, 6, () => {
      writer.tag(1, WireType.Bit64).double(interval.low);
      writer.tag(2, WireType.Bit64).double(interval.high);
    });
  }
}

/** google.protobuf.Value */
function writeCell(writer: BinaryWriter, value: Cell): void {
  if (typeof value === 'number') writer.tag(2, WireType.Bit64).double(value);
  else if (typeof value === 'string') writer.tag(3, WireType.LengthDelimited).string(value);
  else writer.tag(4, WireType.Varint).bool(value);
}

/** A record: length, its checksum, the data, its checksum; little-endian. */
function framed(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(data.length + 16);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return record;
}

/** CRC-32C (Castagnoli), which zlib does not have. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** The checksum as TFRecord stores it: rotated by 15 bits, plus a constant, so that the checksum of a record that has checksums is not degenerate. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
