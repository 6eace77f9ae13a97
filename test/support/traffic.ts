/** Requests to several APIs, one after the other and several at once, as from behind a balancer. */

const CLIENTS = 4;

export type Version = 'earlier' | 'present';

export interface Traffic {
  /** Sends requests to the API at `url` from now on. */
  send(url: string, version: Version): void;
  /** Sends no more to it; resolves once what was sent is answered. */
  stopSending(url: string): Promise<void>;
  /** How many requests each version has answered. */
  readonly answered: Readonly<Record<Version, number>>;
  /** Requests that got no answer, or another status than 2xx. */
  readonly failed: readonly string[];
  end(): Promise<void>;
}

interface Target {
  readonly url: string;
  readonly version: Version;
  readonly open: Set<Promise<void>>;
  sent: number;
}

const requestsOf = (id: string, round: number): readonly (readonly [method: string, path: string, body?: object])[] => [
  ['GET', '/v1/searches'],
  ['GET', `/v1/searches/${id}`],
  ['GET', `/v1/searches/${id}/table`],
  ['PATCH', `/v1/searches/${id}`, { notes: `round ${round}` }],
  ['GET', `/v1/searches/${id}/events?after=0&limit=50`],
  ['POST', '/v1/searches/dry-run', { dataset: 'iris', budget: { trials: 3 } }],
  ['GET', `/v1/searches/${id}/trials/0`],
  ['GET', '/v1/datasets'],
];

/** `id`: the search that requests read, and whose notes they change. */
export function startTraffic(id: string): Traffic {
  const targets: Target[] = [];
  const answered: Record<Version, number> = { earlier: 0, present: 0 };
  const failed: string[] = [];
  let over = false;
  let turn = 0;
  let rounds = 0;

  const request = async ({ url, version }: Target, [method, path, body]: ReturnType<typeof requestsOf>[number]) => {
    try {
      const content = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
      const response = await fetch(`${url}${path}`, { method, ...content });
      const text = await response.text();
      if (response.ok) answered[version]++;
      else failed.push(`${version} ${method} ${path}: ${response.status} ${text}`);
    } catch (error) {
      failed.push(`${version} ${method} ${path}: ${String(error)} ${String((error as Error).cause)}`);
    }
  };
  const client = async () => {
    while (!over) {
      const target = targets[turn++ % Math.max(1, targets.length)];
      if (target === undefined) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      const requests = requestsOf(id, rounds);
      // Each API gets requests of every kind.
      const sent = request(target, requests[target.sent++ % requests.length]!);
      rounds++;
      target.open.add(sent);
      await sent;
      target.open.delete(sent);
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  return {
    answered,
    failed,
    send: (url, version) => void targets.push({ url, version, open: new Set(), sent: 0 }),
    stopSending: async (url) => {
      const [target] = targets.splice(
        targets.findIndex((one) => one.url === url),
        1,
      );
      await Promise.all(target!.open);
    },
    end: async () => {
      over = true;
      await Promise.all(clients);
    },
  };
}
