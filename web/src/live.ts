/** A websocket that comes back: after a loss it tries again, sooner while somebody is likely to look. */

export type Connection = 'connecting' | 'live' | 'lost';

export interface Stream {
  close(): void;
}

interface StreamHandlers<Message> {
  readonly onMessage: (message: Message) => void;
  readonly onConnection: (connection: Connection) => void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;
/** The service sends a heartbeat every 15 seconds. */
const SILENCE_MS = 40_000;

/** `Message`: what the contract says of this path. */
export function openStream<Message>(path: string, { onMessage, onConnection }: StreamHandlers<Message>): Stream {
  let socket: WebSocket | undefined;
  let pause = FIRST_PAUSE_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let over = false;

  const listen = () => {
    clearTimeout(silence);
    silence = setTimeout(() => socket?.close(), SILENCE_MS);
  };
  const connect = () => {
    clearTimeout(timer);
    const own = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${path}`);
    socket = own;
    own.onopen = () => {
      pause = FIRST_PAUSE_MS;
      onConnection('live');
      listen();
    };
    own.onmessage = ({ data }) => {
      listen();
      onMessage(JSON.parse(String(data)) as Message);
    };
    own.onclose = () => {
      clearTimeout(silence);
      if (over || socket !== own) return;
      onConnection('lost');
      timer = setTimeout(connect, pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    };
  };
  const hurry = () => {
    if (!over && socket?.readyState === WebSocket.CLOSED && document.visibilityState === 'visible') connect();
  };
  addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurry);
  onConnection('connecting');
  connect();
  return {
    close: () => {
      over = true;
      clearTimeout(timer);
      clearTimeout(silence);
      removeEventListener('online', hurry);
      document.removeEventListener('visibilitychange', hurry);
      socket?.close();
    },
  };
}
