/** Events of a search in a twentieth of the bytes of their rows: JSON with differences of numbers and times, compressed by deflate. */
import { promisify } from 'node:util';
import { deflateRaw, inflateRawSync } from 'node:zlib';

/** As the table of events has it. */
export interface EventRow {
  readonly seq: number;
  readonly type: string;
  readonly data: unknown;
  readonly at: Date;
  /** Who asked for it. */
  readonly by: string | null;
}

/** The first byte, so that a later version can tell what an earlier one has written. */
const FORMAT = 1;

/** `seq` and the time, in milliseconds, are differences to the event before; the first ones are themselves. */
type PackedEvent = readonly [seq: number, at: number, type: string, data: unknown, by?: string];

const compress = promisify(deflateRaw);

/** `events` are in the order of their numbers. */
export async function packEvents(events: readonly EventRow[]): Promise<Buffer> {
  const packed = events.map(({ seq, at, type, data, by }, i): PackedEvent => {
    const before = events[i - 1];
    const differences = [seq - (before?.seq ?? 0), at.getTime() - (before?.at.getTime() ?? 0)] as const;
    return by === null ? [...differences, type, data] : [...differences, type, data, by];
  });
  return Buffer.concat([Buffer.of(FORMAT), await compress(JSON.stringify(packed))]);
}

/** Throws for a format of a later version. */
export function unpackEvents(packed: Uint8Array): EventRow[] {
  if (packed[0] !== FORMAT)
    throw new Error(`The events of a search are stored in format ${packed[0]}; this version reads format ${FORMAT}.`);
  const events: readonly PackedEvent[] = JSON.parse(inflateRawSync(packed.subarray(1)).toString());
  let [seq, at] = [0, 0];
  return events.map(([seqAfter, atAfter, type, data, by = null]) => {
    seq += seqAfter;
    at += atAfter;
    return { seq, type, data, at: new Date(at), by };
  });
}
