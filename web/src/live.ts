/** A websocket that comes back: after a loss it tries again, at once when the machine is online again or the page is looked at. */
import ReconnectingWebSocket from 'partysocket/ws';

export type Connection = 'connecting' | 'live' | 'lost';

export interface Stream {
  close(): void;
}

interface StreamHandlers<Message> {
  readonly onMessage: (message: Message) => void;
  readonly onConnection: (connection: Connection) => void;
}

const options = { minReconnectionDelay: 250, reconnectionDelayGrowFactor: 2, maxReconnectionDelay: 5000 } as const;
/** The service sends a heartbeat every 15 seconds. */
const SILENCE_MS = 40_000;

/** `Message`: what the contract says of this path. */
export function openStream<Message>(path: string, { onMessage, onConnection }: StreamHandlers<Message>): Stream {
  const url = `${location.origin.replace(/^http/, 'ws')}${path}`;
  let silence: ReturnType<typeof setTimeout> | undefined;
  const connect = (): ReconnectingWebSocket => {
    const own = new ReconnectingWebSocket(url, [], options);
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => own.reconnect(), SILENCE_MS);
    };
    own.onopen = () => {
      onConnection('live');
      listen();
    };
    own.onmessage = ({ data }) => {
      listen();
      onMessage(JSON.parse(String(data)) as Message);
    };
    own.onclose = () => {
      clearTimeout(silence);
      // One that was replaced or closed has nothing more to say.
      if (own === socket) onConnection('lost');
    };
    return own;
  };
  let socket: ReconnectingWebSocket | undefined = connect();
  // Its own `reconnect` would wait for the pause that is under way.
  const hurry = () => {
    if (socket?.readyState !== WebSocket.CLOSED || document.visibilityState !== 'visible') return;
    const waiting = socket;
    socket = connect();
    waiting.close();
  };
  addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurry);
  onConnection('connecting');
  return {
    close: () => {
      removeEventListener('online', hurry);
      document.removeEventListener('visibilitychange', hurry);
      clearTimeout(silence);
      const last = socket;
      socket = undefined;
      last?.close();
    },
  };
}
