import { type Accessor, createSignal } from 'solid-js';
import type { UserView } from '../../../control/contract/views.ts';
import type { Rest } from '../api/rest.ts';
import { hasCode } from '../line/faults.ts';

export type SessionState =
  | { readonly phase: 'checking' }
  | { readonly phase: 'unreachable' }
  | { readonly phase: 'signed-out'; readonly because: 'fresh' | 'expired' | 'asked' }
  | { readonly phase: 'signed-in'; readonly user: UserView };

/** Who works at this console. */
export type Session = {
  readonly state: Accessor<SessionState>;
  /** Asks the server who is signed in. */
  check(): Promise<void>;
  /** @throws Fault, Unreachable: the login page says what it means. */
  signIn(email: string, password: string): Promise<void>;
  signOut(): Promise<void>;
  /** The server says that the session is over. */
  expire(): void;
};

const retryAfterMs = 2000;

export function createSession(rest: Rest): Session {
  const [state, setState] = createSignal<SessionState>({ phase: 'checking' });
  let retry: ReturnType<typeof setTimeout> | undefined;

  const check = async (): Promise<void> => {
    clearTimeout(retry);
    try {
      const { user } = await rest.call('me', {});
      setState({ phase: 'signed-in', user });
    } catch (error) {
      const isSignedOut = hasCode(error, 'account/not-signed-in');
      setState(isSignedOut ? { phase: 'signed-out', because: 'fresh' } : { phase: 'unreachable' });
      // A server that is being restarted is back in moments, and a call may wait for this page.
      if (!isSignedOut) retry = setTimeout(() => void check(), retryAfterMs);
    }
  };

  return {
    state,
    check,
    signIn: async (email, password) => {
      const user = await rest.signIn(email, password);
      setState({ phase: 'signed-in', user });
    },
    signOut: async () => {
      // Signed out here even when the server can't be told: that is what the person asked for.
      await rest.signOut().catch(() => undefined);
      setState({ phase: 'signed-out', because: 'asked' });
    },
    expire: () => {
      if (state().phase === 'signed-in') setState({ phase: 'signed-out', because: 'expired' });
    },
  };
}
