/**
 * Messages of TensorBoard: Event, Summary and those of the HParams plugin. Field numbers are those of event.proto, summary.proto, tensor.proto
 * (TensorFlow), api.proto and plugin_data.proto (TensorBoard 2.21); they never change.
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
const DT_FLOAT = 1;

/** The first event of a file names the version of the format. Valid until the next call. */
export function versionEvent(time: number): Uint8Array {
  version.writeDoubleLE(time, TIME_AT);
  return version;
}

/** Describes the table of HParams. */
export function experimentEvent({ name, description, created, columns, metrics }: Experiment): Uint8Array {
  return hparamsEvent(created, '_hparams_/experiment', 2, (writer) => {
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

/** A row of that table begins. */
export function sessionStartEvent(
  time: number,
  group: string,
  hyperparameters: Readonly<Record<string, Cell>>,
): Uint8Array {
  return hparamsEvent(time, '_hparams_/session_start_info', 3, (writer) => {
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

/** And ends. Valid until the next call. */
export function sessionEndEvent(time: number, status: Status): Uint8Array {
  const event = sessionEnds[status];
  event.writeDoubleLE(time, TIME_AT);
  // The last field of the message in it, which is the last one of the event.
  event.writeDoubleLE(time, event.length - 8);
  return event;
}

/** The first field of a value of a summary. */
export function tagField(tag: string): Uint8Array {
  return new BinaryWriter().tag(1, WireType.LengthDelimited).string(tag).finish();
}

/** The plugin finds its data in the metadata of a summary without content: an empty tensor. */
function hparamsEvent(time: number, tag: string, field: number, write: (writer: BinaryWriter) => void): Uint8Array {
  const content = new BinaryWriter();
  message(content, field, () => write(content));
  const writeValue = (value: BinaryWriter) => {
    value.tag(1, WireType.LengthDelimited).string(tag);
    message(value, 8, () => {
      value.tag(1, WireType.Varint).int32(DT_FLOAT);
      // The shape [0]: a dimension whose size is left out.
      message(value, 2, () => message(value, 2, () => {}));
    });
    message(value, 9, () =>
      message(value, 1, () => {
        value.tag(1, WireType.LengthDelimited).string('hparams');
        value.tag(2, WireType.LengthDelimited).bytes(content.finish());
      }),
    );
  };
  return eventOf(time, (event) => message(event, 5, () => message(event, 1, () => writeValue(event))));
}

function eventOf(time: number, write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(time);
  writer.tag(2, WireType.Varint).int64(0);
  write(writer);
  return writer.finish();
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

/** Where the time of an event stands. */
const TIME_AT = 1;
/** Of every trial: made once, at the time 0. */
const version = Buffer.from(eventOf(0, (event) => event.tag(3, WireType.LengthDelimited).string('brain.Event:2')));
const sessionEnds: Readonly<Record<Status, Buffer>> = {
  unknown: sessionEndWith(0),
  success: sessionEndWith(1),
  failure: sessionEndWith(2),
  running: sessionEndWith(3),
};

function sessionEndWith(status: number): Buffer {
  const event = hparamsEvent(0, '_hparams_/session_end_info', 4, (writer) => {
    writer.tag(1, WireType.Varint).int32(status);
    writer.tag(2, WireType.Bit64).double(0);
  });
  return Buffer.from(event);
}
