import { type Component, ErrorBoundary, Match, Show, Suspense, Switch, lazy, onMount } from 'solid-js';
import type { Rest } from './api/rest.ts';
import type { DeskId } from '../../control/contract/ids.ts';
import type { Line } from './line/line.ts';
import { hasCode } from './line/faults.ts';
import type { Media } from './media/media.ts';
import { LoginPage } from './session/login-page.tsx';
import { createSession } from './session/session.ts';
import { Splash, Unreachable } from './session/splash.tsx';
import { Broken } from './shell/broken.tsx';

/** What the console is plugged into: the real server, or a developer's fixtures. */
export type Backend = {
  readonly rest: Rest;
  openLine(deskId: DeskId): Promise<Line>;
  openMedia(line: Line): Promise<Media>;
};

// Behind the login: its chunk loads while somebody types a password.
const loadConsole = () => import('./shell/console.tsx');
const Console = lazy(() => loadConsole().then((loaded) => ({ default: loaded.Console })));

/** From the first question to the server up to the console or the login. */
export const App: Component<{ backend: Backend }> = (props) => {
  const rest: Rest = {
    ...props.backend.rest,
    call: async (name, ask) => {
      try {
        return await props.backend.rest.call(name, ask);
      } catch (error) {
        if (hasCode(error, 'account/not-signed-in')) session.expire();
        throw error;
      }
    },
  };
  const backend: Backend = { ...props.backend, rest };
  const session = createSession(rest);
  onMount(() => {
    void session.check();
    void loadConsole();
  });

  const user = () => {
    const state = session.state();
    return state.phase === 'signed-in' ? state.user : undefined;
  };
  const signedOut = () => {
    const state = session.state();
    return state.phase === 'signed-out' ? state : undefined;
  };

  return (
    <ErrorBoundary fallback={(error: unknown) => <Broken error={error} />}>
      <Suspense fallback={<Splash />}>
        <Switch fallback={<Splash />}>
          <Match when={session.state().phase === 'unreachable'}>
            <Unreachable onRetry={() => void session.check()} />
          </Match>
          <Match when={signedOut()}>{(out) => <LoginPage session={session} because={out().because} />}</Match>
          <Match when={user()?.id}>
            <Show when={user()}>{(signedIn) => <Console user={signedIn()} session={session} backend={backend} />}</Show>
          </Match>
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
};
