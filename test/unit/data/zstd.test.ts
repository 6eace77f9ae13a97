/** Frames of Zstandard: what they hold, and that damage is seen where they have a checksum. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { xxh64Low } from '../../../src/data/xxh64.ts';
import { unzstd } from '../../../src/data/zstd.ts';

const read = (bytes: Uint8Array) => Buffer.from(unzstd(bytes, () => undefined));
/** One block that is not compressed, with a checksum. */
const frame = (content: Uint8Array, checksum: number) => {
  const numbers = Buffer.alloc(7);
  numbers.writeUIntLE((content.length << 3) | 1, 0, 3);
  numbers.writeUInt32LE(checksum, 3);
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x24, content.length]);
  return Buffer.concat([head, numbers.subarray(0, 3), content, numbers.subarray(3)]);
};

/** As the specification of XXH64 writes it. */
function reference(bytes: Uint8Array): bigint {
  const [p1, p2, p3] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n] as const;
  const [p4, p5] = [0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n] as const;
  const whole = (value: bigint) => BigInt.asUintN(64, value);
  const turned = (value: bigint, bits: bigint) => whole((value << bits) | (whole(value) >> (64n - bits)));
  const round = (lane: bigint, input: bigint) => whole(turned(whole(lane + input * p2), 31n) * p1);
  const view = Buffer.from(bytes);
  let hash: bigint = p5;
  let at = 0;
  if (bytes.length >= 32) {
    const lanes = [p1 + p2, p2, 0n, -p1].map(whole);
    for (; at + 32 <= bytes.length; at += 32)
      for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i]!, view.readBigUInt64LE(at + 8 * i));
    hash = lanes.reduce((sum, lane, i) => whole(sum + turned(lane, [1n, 7n, 12n, 18n][i]!)), 0n);
    for (const lane of lanes) hash = whole((hash ^ round(0n, lane)) * p1 + p4);
  }
  hash = whole(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8)
    hash = whole(turned(hash ^ round(0n, view.readBigUInt64LE(at)), 27n) * p1 + p4);
  if (at + 4 <= bytes.length) {
    hash = whole(turned(hash ^ whole(BigInt(view.readUInt32LE(at)) * p1), 23n) * p2 + p3);
    at += 4;
  }
  for (; at < bytes.length; at++) hash = whole(turned(hash ^ whole(BigInt(bytes[at]!) * p5), 11n) * p1);
  hash = whole((hash ^ (hash >> 33n)) * p2);
  hash = whole((hash ^ (hash >> 29n)) * p3);
  return hash ^ (hash >> 32n);
}

describe('the checksum', () => {
  it.each([
    ['', 0x51d8e999],
    ['a', 0xa98c6e5b],
    ['abc', 0xad770999],
    ['Nobody inspects the spammish repetition', 0x8a378bf1],
  ])('of %j is that of the reference', (text, low) => {
    expect(xxh64Low(Buffer.from(text))).toBe(low);
  });

  it('is that of the reference for every remainder of its lanes', () => {
    for (let length = 0; length < 200; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 151 + length * 7 + (i >> 3)) % 256);
      expect(xxh64Low(bytes), `${length} bytes`).toBe(Number(reference(bytes) & 0xffffffffn));
    }
  });
});

describe('a file of Zstandard', () => {
  const file = readFileSync('test/fixtures/checksum.csv.zst');
  const content = read(file);

  it('is read with its checksum', () => {
    expect(content.toString().split('\n').slice(0, 2)).toEqual(['a,b,t', '0,0.5,no']);
    expect(content.length).toBeGreaterThan(100_000);
  });

  it('is refused with any byte changed, unless what it holds is the same', () => {
    for (let at = 0; at < file.length; at += 1 + Math.floor(file.length / 500)) {
      const changed = Buffer.from(file);
      changed[at]! ^= 1 << (at % 8);
      const seen = (() => {
        try {
          return read(changed);
        } catch {
          return content;
        }
      })();
      expect(seen.equals(content), `byte ${at}`).toBe(true);
    }
  });

  it('is refused where its content has another length than it says', () => {
    const one = frame(Buffer.from('abc'), 0xad770999);
    expect(read(one).toString()).toBe('abc');
    one[4] = 0x20;
    one[5] = 4;
    expect(() => read(one.subarray(0, -4))).toThrow('another size');
  });

  it('may have several frames, each with a checksum, and none that is damaged', () => {
    const [a, abc] = [frame(Buffer.from('a'), 0xa98c6e5b), frame(Buffer.from('abc'), 0xad770999)];
    expect(read(Buffer.concat([a, abc])).toString()).toBe('aabc');
    abc[abc.length - 1]! ^= 1;
    expect(() => read(Buffer.concat([a, abc]))).toThrow('another checksum');
    expect(() => read(Buffer.concat([a, Buffer.from('abcdef')]))).toThrow('no frame');
    expect(() => read(abc.subarray(0, -2))).toThrow();
  });
});
