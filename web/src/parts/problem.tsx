/** Shows an error, with the message of the service and a retry button. */
import { Component, type ReactNode, useEffect, useRef } from 'react';
import { Refusal } from '../api.ts';
import { useConnection } from '../overview.ts';

interface ProblemProps {
  readonly error: Error;
  readonly retry?: () => void;
}

export function Problem({ error, retry }: ProblemProps): ReactNode {
  const issues = error instanceof Refusal ? error.issues : [];
  const unreachable = error instanceof TypeError;
  return (
    <div className="problem" role="alert">
      <strong>{unreachable ? 'The service does not answer' : 'The request failed'}</strong>
      <p>
        {unreachable
          ? 'It may be restarting. What is shown continues by itself when it is back; an action has to be repeated.'
          : error.message}
      </p>
      {issues.length > 1 && (
        <ul>
          {issues.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

class Boundary extends Component<{ readonly children: ReactNode }, { readonly error: Error | undefined }> {
  override state = { error: undefined as Error | undefined };
  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }
  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    if (error instanceof TypeError) return <Unreachable error={error} />;
    return <Problem error={error} retry={() => this.setState({ error: undefined })} />;
  }
}

/**
 * A part of the page that could not be fetched. Browsers and React keep a failed import, so only loading the page again helps; the address has what
 * it showed. That happens automatically once a lost connection is back, and only then: a page that fails while connected must not reload forever.
 */
function Unreachable({ error }: { readonly error: Error }): ReactNode {
  const connection = useConnection();
  const lost = useRef(false);
  useEffect(() => {
    if (connection === 'lost') lost.current = true;
    else if (connection === 'live' && lost.current) location.reload();
  }, [connection]);
  return <Problem error={error} retry={() => location.reload()} />;
}
Problem.Boundary = Boundary;
