/** Clients of one search share its events, as they are announced or read, whatever retention has removed of them. */
import { expect, it } from 'vitest';
import { shareEvents } from '../../../src/api/shared-events.ts';
import type { PubSubMessage } from '../../../src/application/ports/messages.ts';
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
    { subscribe: () => () => undefined },
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

/** A watched search, whose position is 10, with the numbers of the events that were read of it and of those that `onEvents` was told of. */
function watched(stored: () => Promise<readonly number[]>) {
  let announce: (message: PubSubMessage) => void = () => undefined;
  const read: number[] = [];
  const told: number[] = [];
  const { watch } = shareEvents(
    {
      events: async (_, after) => {
        const found = (await stored()).filter((seq) => seq > after);
        read.push(...found);
        return found.map(event);
      },
    },
    {
      subscribe: (listener) => {
        announce = listener;
        return () => undefined;
      },
    },
    (events) => told.push(...events.map(({ seq }) => seq)),
  );
  const client = watch('a', 10);
  return {
    read,
    told,
    announce: (...seqs: number[]) => {
      const change = {
        kind: 'changed',
        project: 'default',
        searchId: 'a',
        seq: seqs.at(-1)!,
        state: 'running',
      } as const;
      announce({ ...change, events: seqs.map(event) });
    },
    after: async (seq: number) => (await client.after(seq)).map((one) => one.seq),
  };
}

it('gives announced events without reading them', async () => {
  const { read, told, announce, after } = watched(async () => [11, 12, 13]);
  announce(11, 12);
  announce(13);
  expect(await after(10)).toEqual([11, 12, 13]);
  expect(await after(12)).toEqual([13]);
  expect(read).toEqual([]);
  expect(told).toEqual([11, 12, 13]);
});

it('reads events before which some were not announced', async () => {
  const { read, told, announce, after } = watched(async () => [11, 12, 13]);
  announce(13);
  expect(await after(10)).toEqual([11, 12, 13]);
  expect(read).toEqual([11, 12, 13]);
  expect(told).toEqual([11, 12, 13]);
});

it('gives events once that are announced while they are read', async () => {
  let answer: (seqs: readonly number[]) => void = () => undefined;
  const { told, announce, after } = watched(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  const reading = after(10);
  announce(11, 12);
  answer([11, 12, 13]);
  expect(await reading).toEqual([11, 12, 13]);
  announce(13, 14);
  expect(await after(12)).toEqual([13, 14]);
  expect(told).toEqual([11, 12, 13, 14]);
});
