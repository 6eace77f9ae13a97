/** Shows an error, with the message of the service and a retry button. */
import { Component, type ReactNode } from 'react';
import { Refusal } from '../api.ts';

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
      <p>{unreachable ? 'It may be restarting; the page continues automatically when it is back.' : error.message}</p>
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
    return <Problem error={error} retry={() => this.setState({ error: undefined })} />;
  }
}
Problem.Boundary = Boundary;
