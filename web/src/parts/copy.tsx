import { type ReactNode, useState } from 'react';

const SAID_MS = 1500;

/** A button that copies a text and confirms it briefly. */
export function CopyButton({
  text,
  children,
}: {
  readonly text: string | (() => string);
  readonly children: ReactNode;
}): ReactNode {
  const [said, say] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : text());
      say('copied');
    } catch {
      say('not allowed by the browser');
    }
    setTimeout(() => say(''), SAID_MS);
  };
  return (
    <button type="button" className="quiet" onClick={() => void copy()}>
      {said === '' ? children : said}
      <span className="hidden" role="status">
        {said}
      </span>
    </button>
  );
}

/** A request as a curl command, with JSON in single quotes. */
export function curl(path: string, method = 'GET', body?: unknown): string {
  const address = `${location.origin}${path}`;
  if (body === undefined) return `curl ${method === 'GET' ? '' : `-X ${method} `}'${address}'`;
  const json = JSON.stringify(body, null, 2).replaceAll("'", `'\\''`);
  return `curl -X ${method} ${address} -H 'content-type: application/json' -d '${json}'`;
}
