/** Frames of Zstandard: what they hold, and that damage is seen where they have a checksum. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
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
