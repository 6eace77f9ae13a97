/**
 * Serializes plain data to bytes and back with the same bits: JSON plus typed arrays, −0 and non-finite numbers. The format is four bytes with
 * the length of a JSON text, the text, and the bytes of the arrays, each aligned to eight. Arrays are stored as in memory: little-endian on
 * every platform that Node supports.
 */
const kinds = { Float32Array, Float64Array } as const;
type Kind = keyof typeof kinds;

/** Replaces values in the text that JSON cannot represent. */
type Placeholder =
  | { readonly $number: string }
  | { readonly $array: Kind; readonly at: number; readonly length: number };

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
  const placeholder = (_key: string, value: unknown): unknown => {
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
      return { $number: Object.is(value, -0) ? '-0' : String(value) } satisfies Placeholder;
    }
    const kind = kindOf(value);
    if (kind === undefined) return value;
    const array = value as Float32Array | Float64Array;
    const at = aligned(end);
    arrays.push({ at, array });
    end = at + array.byteLength;
    return { $array: kind, at, length: array.length } satisfies Placeholder;
  };
  const text = new TextEncoder().encode(JSON.stringify(data, placeholder));
  const start = aligned(4 + text.length);
  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  for (const { at, array } of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start + at);
  }
  return bytes;
}

/** Throws if the bytes were not made by `toBytes`. */
export function fromBytes(bytes: Uint8Array): unknown {
  const whole = new Uint8Array(bytes); // a copy, so that the arrays are aligned
  const length = whole.length < 4 ? Number.POSITIVE_INFINITY : new DataView(whole.buffer).getUint32(0, true);
  if (4 + length > whole.length) throw new Error('the bytes are truncated');
  const text = new TextDecoder('utf-8', { fatal: true }).decode(whole.subarray(4, 4 + length));
  const start = aligned(4 + length);
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    const placeholder = value as Partial<Record<'$number' | '$array', unknown>>;
    if (typeof placeholder.$number === 'string') return Number(placeholder.$number);
    if (typeof placeholder.$array !== 'string') return value;
    const { $array, at, length: numbers } = value as Extract<Placeholder, { $array: Kind }>;
    return new kinds[$array](whole.buffer, start + at, numbers).slice();
  });
}
