/** Packed events are what they were, whatever they are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packEvents, unpackEvents } from '../../src/adapters/postgres/packed-events.ts';

const event = fc.record({
  gap: fc.integer({ min: 1, max: 10_000 }),
  type: fc.oneof(fc.constantFrom('trial.started', 'trial.complete', 'search.changed'), fc.string()),
  // What jsonb gives back: numbers are finite, −0 is 0.
  data: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  // Clocks can be set back.
  at: fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
  by: fc.option(fc.string()),
});

describe('packed events', () => {
  it('are read as they were', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 40 }), async (made) => {
        let seq = 0;
        const events = made.map(({ gap, ...rest }) => {
          seq += gap;
          return { seq, ...rest };
        });
        expect(unpackEvents(await packEvents(events))).toEqual(events);
      }),
    );
  });

  it('of a later format are refused by its number', () => {
    expect(() => unpackEvents(Buffer.from([2, 0]))).toThrow('format 2; this version reads format 1');
  });
});
