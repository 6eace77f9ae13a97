/** Signing in and out, with an API key or with an identity provider, where the service needs it. */
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { api, Refusal, useSignedOut } from './api.ts';

/** The page, or a form for the key if the service has refused a request for lack of one. */
export function SignedIn({ children }: { readonly children: ReactNode }): ReactNode {
  return useSignedOut() ? <SignIn /> : children;
}

function SignIn(): ReactNode {
  const [key, setKey] = useState('');
  const [failure, setFailure] = useState<string>();
  const [sending, setSending] = useState(false);
  const { data: methods } = useQuery({ queryKey: ['sign-in methods'], queryFn: api.signInMethods });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    try {
      await api.signIn(key.trim());
      // All that was refused is asked again.
      location.reload();
    } catch (error) {
      setFailure(error instanceof Refusal ? error.message : 'the service does not answer');
      setSending(false);
    }
  };
  return (
    <form className="card sign-in" onSubmit={(event) => void submit(event)}>
      <h1>Sign in</h1>
      {methods?.oidc === true && (
        <p>
          <a
            className="button primary"
            href={`/v1/session/oidc?path=${encodeURIComponent(`${location.pathname}${location.search}`)}`}
          >
            Sign in with your organisation
          </a>
        </p>
      )}
      <p>
        {methods?.oidc === true ? 'Or with an API key: whoever' : 'This service needs an API key. Whoever'} runs it can
        create one for you.
      </p>
      <label className="field">
        API key
        <input
          type="password"
          autoComplete="current-password"
          required
          maxLength={200}
          value={key}
          aria-describedby="sign-in-failure"
          onChange={(event) => setKey(event.target.value)}
        />
      </label>
      <p id="sign-in-failure" role="alert" className="fault">
        {failure}
      </p>
      <button type="submit" className="primary" disabled={sending}>
        Sign in
      </button>
    </form>
  );
}

/** Whose key the page uses; nothing if none is needed. */
export function Account(): ReactNode {
  const { data } = useQuery({ queryKey: ['session'], queryFn: api.session });
  if (data === undefined || data.name === null) return null;
  const signOut = async () => {
    const elsewhere = await api.signOut();
    // The identity provider sends the browser back.
    location.assign(elsewhere?.url ?? '/');
  };
  return (
    <span className="account">
      {data.name} ({data.role}
      {data.project !== null && ` of ${data.project}`}){' '}
      <button type="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </span>
  );
}
