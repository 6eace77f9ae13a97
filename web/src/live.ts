/** A websocket that reconnects, immediately when the machine is online again or the page becomes visible. */
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

/** `Message` is the message type of the path in the contract. */
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
      // Ignore messages of a socket that was replaced or closed.
      if (own === socket) onConnection('lost');
    };
    return own;
  };
  let socket: ReconnectingWebSocket | undefined = connect();
  // The `reconnect` of the library would wait for the current delay.
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
