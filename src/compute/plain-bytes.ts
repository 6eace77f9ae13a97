/**
 * Plain data as bytes, and back with the same bits: what JSON can say, and besides typed arrays, −0 and numbers that are not
 * finite. Four bytes with the length of a JSON text, the text, and the arrays' bytes one after the other, each from a multiple of
 * eight. Arrays lie as they lie in memory: little-endian on every machine that Node runs on.
 */
const kinds = { Float32Array, Float64Array } as const;
type Kind = keyof typeof kinds;

/** Stands in the text for what JSON cannot say. */
type Stand = { readonly $number: string } | { readonly $array: Kind; readonly at: number; readonly length: number };

const ALIGNMENT = 8;

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

function kindOf(value: unknown): Kind | undefined {
  return (Object.keys(kinds) as Kind[]).find((kind) => value instanceof kinds[kind]);
}

export function toBytes(data: unknown): Uint8Array {
  const arrays: { readonly at: number; readonly array: ArrayBufferView }[] = [];
  let end = 0;
  const stand = (_key: string, value: unknown): unknown => {
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
      return { $number: Object.is(value, -0) ? '-0' : String(value) } satisfies Stand;
    }
    const kind = kindOf(value);
    if (kind === undefined) return value;
    const array = value as Float32Array | Float64Array;
    const at = aligned(end);
    arrays.push({ at, array });
    end = at + array.byteLength;
    return { $array: kind, at, length: array.length } satisfies Stand;
  };
  const text = new TextEncoder().encode(JSON.stringify(data, stand));
  const start = aligned(4 + text.length);
  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  for (const { at, array } of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start + at);
  }
  return bytes;
}

/** Throws where the bytes were not made by `toBytes`. */
export function fromBytes(bytes: Uint8Array): unknown {
  const whole = new Uint8Array(bytes); // an own buffer, in which the arrays are aligned
  const length = whole.length < 4 ? Number.POSITIVE_INFINITY : new DataView(whole.buffer).getUint32(0, true);
  if (4 + length > whole.length) throw new Error('the bytes are cut short');
  const text = new TextDecoder('utf-8', { fatal: true }).decode(whole.subarray(4, 4 + length));
  const start = aligned(4 + length);
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    const stand = value as Partial<Record<'$number' | '$array', unknown>>;
    if (typeof stand.$number === 'string') return Number(stand.$number);
    if (typeof stand.$array !== 'string') return value;
    const { $array, at, length: numbers } = value as Extract<Stand, { $array: Kind }>;
    return new kinds[$array](whole.buffer, start + at, numbers).slice();
  });
}
