/** Who tells whom: LISTEN and NOTIFY of Postgres, so that every process hears of every change, with or without Redis. */
import pg from 'pg';
import type { PubSub, PubSubMessage } from '../../application/ports/messages.ts';
import type { Change, Epoch } from '../../domain/events.ts';
import type { Search } from '../../domain/search.ts';
import type { Log } from '../../log.ts';
import { eventOf } from './rows.ts';

/** Postgres takes at most 8,000 bytes a notification. */
const LARGEST_PAYLOAD = 7_800;
/** Epochs are gathered for this long, so that many tiny trials cost few notifications. */
const GATHER_MS = 100;
/** More epochs than this are not kept: they are a picture of the moment, and the curves are stored with the trial. */
const MAX_GATHERED = 2_000;
const PROGRESS_MS = 200;
const LONGEST_PAUSE_MS = 2_000;

/** The channel on which committed changes are announced. */
export const PUB_SUB_CHANNEL = 'hypersearch';

/** The change of a search as it is announced in its own transaction. */
interface ChangeNotice {
  readonly kind: 'changed';
  readonly project: string;
  readonly searchId: string;
  readonly seq: number;
  readonly state: Search['state'];
  readonly by: string | null;
  /** As they are stored. */
  readonly events?: readonly Change[];
}

/** Room for the time, which Postgres adds. */
const TIME_BYTES = 60;

/** The payload up to the time of the change: Postgres adds that and the last brace. */
export function changeNotice(
  { id: searchId, project, seq, state }: Search,
  events: readonly Change[],
  by: string | null,
): string {
  const notice: ChangeNotice = { kind: 'changed', project, searchId, seq, state, by };
  const whole = JSON.stringify({ ...notice, events } satisfies ChangeNotice);
  const payload = Buffer.byteLength(whole) + TIME_BYTES <= LARGEST_PAYLOAD ? whole : JSON.stringify(notice);
  return `${payload.slice(0, -1)},"at":`;
}

function received(payload: string): PubSubMessage {
  const message = JSON.parse(payload) as PubSubMessage | (ChangeNotice & { readonly at: string });
  if (message.kind !== 'changed' || !('at' in message)) return message as PubSubMessage;
  const { by, at, events, ...change } = message;
  if (events === undefined) return change;
  const first = change.seq - events.length + 1;
  return {
    ...change,
    events: events.map((event, i) => eventOf({ ...event, seq: first + i, at: new Date(at), by })),
  };
}

export async function createPubSub(url: string, log: Log): Promise<PubSub> {
  const listeners = new Set<(message: PubSubMessage) => void>();
  const publishLocally = (message: PubSubMessage) => {
    for (const listener of listeners) listener(message);
  };
  let client: pg.Client | undefined;
  let closed = false;

  const listen = async (): Promise<void> => {
    const next = new pg.Client({
      connectionString: url,
      application_name: 'hypersearch pub/sub',
      keepAlive: true,
      keepAliveInitialDelayMillis: 60_000,
      connectionTimeoutMillis: 10_000,
    });
    let established = false;
    const onLost = () => {
      // An attempt that failed is followed by the next one of the loop that made it.
      if (!established) return;
      established = false;
      client = undefined;
      if (!closed) log.warn('no longer listening to Postgres: the connection was lost');
      next.end().catch(() => undefined);
      if (!closed) void reconnect();
    };
    next.on('error', onLost);
    next.on('end', onLost);
    next.on('notification', ({ payload }) => {
      // Only this service writes to the channel, so the payload is a message.
      if (payload !== undefined) publishLocally(received(payload));
    });
    try {
      await next.connect();
      await next.query(`LISTEN ${PUB_SUB_CHANNEL}`);
    } catch (error) {
      next.end().catch(() => undefined);
      throw error;
    }
    client = next;
    established = true;
  };
  const reconnect = async (): Promise<void> => {
    for (let pause = 50; !closed; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      try {
        await listen();
        if (closed) return void client?.end().catch(() => undefined);
        log.info('listening to Postgres again');
        return publishLocally({ kind: 'gap' });
      } catch {
        // The server is still away.
      }
    }
  };

  await listen();
  const send: Send = async (payloads) => {
    await client?.query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [
      PUB_SUB_CHANNEL,
      payloads,
    ]);
  };
  const publisher = createPublisher(send);
  const progress = createProgressPublisher(send);
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    publish: publisher.publish,
    publishProgress: progress.publish,
    close: async () => {
      closed = true;
      publisher.close();
      progress.close();
      listeners.clear();
      await client?.end().catch(() => undefined);
    },
  };
}

/** Sends notifications in one statement. */
type Send = (payloads: readonly string[]) => Promise<void>;

/** Gathers epochs by search and sends them in as few notifications as fit. */
function createPublisher(send: Send) {
  const gathered = new Map<string, Epoch[]>();
  let timer: NodeJS.Timeout | undefined;
  let sending = false;

  const flush = async () => {
    sending = true;
    const payloads = [...gathered].flatMap(([searchId, epochs]) => payloadsOf(searchId, epochs));
    gathered.clear();
    await send(payloads).catch(() => undefined);
    sending = false;
    timer = undefined;
    if (gathered.size > 0) schedule();
  };
  const schedule = () => {
    timer ??= setTimeout(() => void flush(), GATHER_MS);
  };
  return {
    publish: (searchId: string, epochs: readonly Epoch[]) => {
      const list = gathered.get(searchId) ?? [];
      list.push(...epochs.slice(0, MAX_GATHERED - list.length));
      gathered.set(searchId, list);
      if (!sending) schedule();
    },
    close: () => clearTimeout(timer),
  };
}

/** Sends the newest progress of each model, at most once in PROGRESS_MS. */
function createProgressPublisher(send: Send) {
  const newest = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    timer = undefined;
    const payloads = [...newest].map(([modelId, progress]) => JSON.stringify({ kind: 'model', modelId, progress }));
    newest.clear();
    send(payloads).catch(() => undefined);
  };
  return {
    publish: (modelId: string, progress: number) => {
      newest.set(modelId, progress);
      timer ??= setTimeout(flush, PROGRESS_MS);
    },
    close: () => clearTimeout(timer),
  };
}

function payloadsOf(searchId: string, epochs: readonly Epoch[]): string[] {
  const payload = JSON.stringify({ kind: 'epochs', searchId, epochs });
  if (payload.length <= LARGEST_PAYLOAD) return [payload];
  const middle = Math.ceil(epochs.length / 2);
  if (middle === epochs.length) return [];
  return [...payloadsOf(searchId, epochs.slice(0, middle)), ...payloadsOf(searchId, epochs.slice(middle))];
}
