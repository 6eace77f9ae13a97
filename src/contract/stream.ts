/** What crosses a websocket, and the events that plain GET answers with too. */
import { z } from 'zod';
import { epochSchema, eventSchema } from '../domain/events.ts';
import { searchSchema } from '../domain/search.ts';
import { trialSchema } from '../domain/trial.ts';
import { LARGEST_NUMBER, searchParams } from './parameters.ts';
import { problemSchema, refusals } from './problem.ts';

/** All that a client may say. */
export const clientMessageSchema = z.strictObject({ type: z.literal('ping') });

const heartbeat = z
  .object({ type: z.literal('heartbeat'), at: z.iso.datetime() })
  .describe('Every 15 seconds: a client that hears nothing for longer is not connected any more');
const pong = z.object({ type: z.literal('pong') });
const error = z
  .object({ type: z.literal('error'), problem: problemSchema })
  .describe('What was wrong with what the client said; the connection is closed');

const snapshotSchema = z
  .object({
    type: z.literal('snapshot'),
    seq: z.int().describe('Of the newest event that is in it'),
    search: searchSchema,
    running: z.array(trialSchema).readonly().describe('With their curves so far'),
  })
  .meta({ id: 'Snapshot' });

/** To a client that follows one search. */
export const searchMessageSchema = z
  .union([
    snapshotSchema.describe('First, unless the client said `after`'),
    eventSchema.describe('Each once, in order'),
    epochSchema,
    z.object({ type: z.literal('missedEpochs'), count: z.int() }).describe('Epochs that a slow client was spared'),
    z.object({ type: z.literal('removed') }).describe('The search was deleted; the connection is closed'),
    heartbeat,
    pong,
    error,
  ])
  .meta({ id: 'SearchMessage' });
export type SearchMessage = z.output<typeof searchMessageSchema>;

/** To a client that follows all searches. */
export const listMessageSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('ready') }).describe('From here on, every change is told'),
    z.object({ type: z.literal('search'), search: searchSchema }).describe('As it is now'),
    z.object({ type: z.literal('removed'), id: z.uuid() }),
    z.object({ type: z.literal('gap') }).describe('Changes may have been missed: list again'),
    heartbeat,
    pong,
    error,
  ])
  .meta({ id: 'ListMessage' });
export type ListMessage = z.output<typeof listMessageSchema>;

const eventQuery = z.strictObject({
  after: z.coerce.number().int().min(0).max(LARGEST_NUMBER).optional().describe('The newest seq that is known already'),
  limit: z.coerce.number().int().min(1).max(5000).default(1000),
});

const eventPageSchema = z.object({
  events: z.array(eventSchema).readonly(),
  next: z.int().describe('`after` of the next request'),
});

const tags = ['events'];

function messages<Schema extends z.ZodType>(schema: Schema) {
  return { description: 'Messages of the websocket, each as JSON', content: { 'application/json': { schema } } };
}

export const streamEndpoints = {
  'GET /v1/searches/:id/events': {
    tags,
    summary: 'What happened, in order; as a websocket, what happens',
    params: searchParams,
    querystring: eventQuery,
    response: { 101: messages(searchMessageSchema), 200: eventPageSchema, ...refusals },
  },
  'GET /v1/events': {
    tags,
    summary: 'A websocket: every search as it changes, for a list that is live',
    response: { 101: messages(listMessageSchema), ...refusals },
  },
} as const;
