/** Clients of one search share what is read of its events, whatever retention has removed of them. */
import { expect, it } from 'vitest';
import { shareEvents } from '../../../src/api/shared-events.ts';
import type { SearchEvent } from '../../../src/domain/events.ts';

const event = (seq: number): SearchEvent => ({
  seq,
  type: 'search.paused',
  data: {},
  at: '2026-01-01T00:00:00.000Z',
});

it('gives every client all events after its position, once, also where some are missing', async () => {
  let stored: number[] = [];
  let reads = 0;
  const { watch } = shareEvents(
    {
      events: async (_, after, limit) => {
        reads++;
        return stored
          .filter((seq) => seq > after)
          .slice(0, limit)
          .map(event);
      },
    },
    () => undefined,
  );
  const [quick, slow] = [watch('a', 10), watch('a', 10)];
  const seqsAfter = async (client: typeof quick, after: number) => (await client.after(after)).map(({ seq }) => seq);
  // 11 and 12 were removed before anybody read them.
  stored = [13, 14];
  expect(await seqsAfter(quick, 10)).toEqual([13, 14]);
  stored = [13, 14, 15, 17];
  expect(await seqsAfter(quick, 14)).toEqual([15, 17]);
  expect(reads).toBe(2);
  expect(await seqsAfter(slow, 10)).toEqual([13, 14, 15, 17]);
  expect(await seqsAfter(slow, 15)).toEqual([17]);
  expect(reads).toBe(2);
  expect(await seqsAfter(slow, 17)).toEqual([]);
  stored = [...stored, ...Array.from({ length: 1200 }, (_, i) => 20 + i)];
  for (let last = 17; last < 1219; ) last = (await seqsAfter(quick, last)).at(-1)!;
  // So far behind that it is read for this client alone.
  expect((await seqsAfter(slow, 17)).slice(0, 2)).toEqual([20, 21]);
  expect(await seqsAfter(slow, 1217)).toEqual([1218, 1219]);
});
