/** Websocket messages, and the endpoints that send them. */
import { z } from 'zod';
import { epochSchema, eventSchema } from '../domain/events.ts';
import { modelRecordSchema } from '../domain/model-record.ts';
import { searchSchema } from '../domain/search.ts';
import { trialSchema } from '../domain/trial.ts';
import { MAX_NUMBER, projectFilter, searchParams } from './parameters.ts';
import { problemSchema, refusals } from './problem.ts';

/** The only message a client may send. */
export const clientMessageSchema = z.strictObject({ type: z.literal('ping') });

const heartbeat = z
  .object({ type: z.literal('heartbeat'), at: z.iso.datetime() })
  .describe('Every 15 seconds: a client that receives nothing for longer has lost its connection');
const pong = z.object({ type: z.literal('pong') });
const error = z
  .object({ type: z.literal('error'), problem: problemSchema })
  .describe('The message of the client was invalid; the connection is closed');

const snapshotSchema = z
  .object({
    type: z.literal('snapshot'),
    seq: z.int().describe('Sequence number of the newest included event'),
    search: searchSchema,
    running: z.array(trialSchema).readonly().describe('Running trials with their curves so far'),
  })
  .meta({ id: 'Snapshot' });

/** Messages about one search. */
export const searchMessageSchema = z
  .union([
    snapshotSchema.describe('The first message, unless `after` is given'),
    eventSchema.describe('Every event once, in order'),
    z
      .object({ type: z.literal('epochs'), epochs: z.array(epochSchema).readonly() })
      .describe('Epochs that have ended, of any running trials; those of a fold in order'),
    z
      .object({ type: z.literal('missedEpochs'), count: z.int() })
      .describe('Number of epochs dropped for a slow client'),
    z.object({ type: z.literal('removed') }).describe('The search was deleted; the connection is closed'),
    heartbeat,
    pong,
    error,
  ])
  .meta({ id: 'SearchMessage' });
export type SearchMessage = z.output<typeof searchMessageSchema>;

/** Messages about one model. */
export const modelMessageSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('model'), model: modelRecordSchema }).describe('First, and after every change'),
    z.object({ type: z.literal('progress'), done: z.number().describe('The share of the training that is done') }),
    z.object({ type: z.literal('removed') }).describe('The model was deleted; the connection is closed'),
    heartbeat,
    pong,
    error,
  ])
  .meta({ id: 'ModelMessage' });
export type ModelMessage = z.output<typeof modelMessageSchema>;

/** Messages about all searches. */
export const listMessageSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('ready') }).describe('All later changes will be sent'),
    z.object({ type: z.literal('search'), search: searchSchema }).describe('A search after a change'),
    z.object({ type: z.literal('removed'), id: z.uuid() }),
    z.object({ type: z.literal('gap') }).describe('Changes may have been missed: list again'),
    heartbeat,
    pong,
    error,
  ])
  .meta({ id: 'ListMessage' });
export type ListMessage = z.output<typeof listMessageSchema>;

const eventQuery = z.strictObject({
  after: z.coerce.number().int().min(0).max(MAX_NUMBER).optional().describe('The newest seq the client has'),
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
    summary: 'Its events in order; as a websocket, also live',
    params: searchParams,
    querystring: eventQuery,
    response: { 101: messages(searchMessageSchema), 200: eventPageSchema, ...refusals },
  },
  'GET /v1/models/:id/events': {
    tags: ['models'],
    summary: 'A websocket that sends a model when it changes, and its progress',
    params: searchParams,
    response: { 101: messages(modelMessageSchema), ...refusals },
  },
  'GET /v1/events': {
    tags,
    summary: 'A websocket that sends every search when it changes, for live lists',
    querystring: z.strictObject({ project: projectFilter }),
    response: { 101: messages(listMessageSchema), ...refusals },
  },
} as const;
