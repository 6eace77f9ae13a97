/** What went wrong, in the service's own words, and a way on. */
import { Component, type ReactNode } from 'react';
import { Refusal } from '../api.ts';

interface ProblemProps {
  readonly error: Error;
  readonly retry?: () => void;
}

export function Problem({ error, retry }: ProblemProps): ReactNode {
  const faults = error instanceof Refusal ? error.faults : [];
  const unreachable = error instanceof TypeError;
  return (
    <div className="problem" role="alert">
      <strong>{unreachable ? 'The service does not answer' : 'That did not work'}</strong>
      <p>{unreachable ? 'It may be starting again; the page goes on by itself when it is back.' : error.message}</p>
      {faults.length > 1 && (
        <ul>
          {faults.map(({ path, message }) => (
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
    return <Problem error={error} retry={() => this.setState({ error: undefined })} />;
  }
}
Problem.Boundary = Boundary;
