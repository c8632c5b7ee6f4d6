import { Navigate, Route, Router } from '@solidjs/router';
import { Show, createEffect, createResource, lazy, onCleanup, onMount } from 'solid-js';
import type { DeskId } from '../../../control/contract/ids.ts';
import type { UserView } from '../../../control/contract/views.ts';
import type { Backend } from '../app.tsx';
import { createCalls } from '../call/calls.ts';
import { createDesk } from '../call/desk.ts';
import { createOutcomes } from '../call/outcomes.ts';
import { createRinging } from '../call/ringing.ts';
import { copy } from '../copy.ts';
import { createInbox } from '../inbox/inbox.ts';
import { InboxPage } from '../inbox/inbox-page.tsx';
import type { Line } from '../line/line.ts';
import { createDevices } from '../media/devices.ts';
import type { Media } from '../media/media.ts';
import { type Microphone, createMicrophone } from '../media/microphone.ts';
import { claimDeskId } from '../session/desk-id.ts';
import type { Session } from '../session/session.ts';
import { Splash } from '../session/splash.tsx';
import { ConsoleContext, type ConsoleParts } from './context.ts';
import { Shell } from './shell.tsx';
import { createToasts } from './toasts.ts';

const LogPage = lazy(() => import('../log/log-page.tsx').then((page) => ({ default: page.LogPage })));

type ConsoleProps = { user: UserView; session: Session; backend: Backend };
type Opened = { deskId: DeskId; line: Line; media: Media };

/** Everything behind the login. */
export function Console(props: ConsoleProps) {
  const [opened] = createResource(async (): Promise<Opened> => {
    const deskId = await claimDeskId(props.user.id, sessionStorage, navigator.locks);
    const line = await props.backend.openLine(deskId);
    return { deskId, line, media: await props.backend.openMedia(line) };
  });
  return (
    <Show when={opened()} fallback={<Splash />}>
      {(ready) => <Opening {...props} opened={ready()} />}
    </Show>
  );
}

/** Plugs the stores together; they live as long as this component. */
function Opening(props: ConsoleProps & { opened: Opened }) {
  const { deskId, line, media } = props.opened;
  const { rest } = props.backend;
  const toasts = createToasts();
  const calls = createCalls(line, rest);
  const microphone: Microphone = createMicrophone(() => void replaceMicrophone(copy.microphone.lost));
  const devices = createDevices(() => {
    if (microphone.track()?.readyState === 'ended') void replaceMicrophone(copy.microphone.lost);
  });
  const outcomes = createOutcomes();
  const desk = createDesk({ line, calls, media, microphone, devices, outcomes, toasts, deskId });

  /** Puts another microphone in the place of one that was unplugged, in mid-call. */
  const replaceMicrophone = async (news: string): Promise<void> => {
    const nodeId = desk.call()?.nodeId;
    if (!desk.busy() || !nodeId) return;
    try {
      media.speak(nodeId, await microphone.open(devices.microphoneId()));
      toasts.tell('info', news);
    } catch {
      toasts.tell('bad', copy.microphone.lostAll);
    }
  };

  const parts: ConsoleParts = {
    user: props.user,
    session: props.session,
    rest,
    line,
    calls,
    desk,
    ringing: createRinging(calls, desk, outcomes),
    outcomes,
    inbox: createInbox(line, rest),
    media,
    microphone,
    devices,
    toasts,
  };

  createEffect(() => {
    if (line.status() === 'signed-out') props.session.expire();
  });
  onCleanup(() => {
    microphone.close();
    media.close();
    line.close();
  });
  onMount(() => exposeForTests(parts));

  return (
    <ConsoleContext.Provider value={parts}>
      <Router root={Shell}>
        <Route path="/inbox/:conversationId?" component={InboxPage} />
        <Route path="/calls/:callId?" component={LogPage} />
        <Route path="*" component={() => <Navigate href="/inbox" />} />
      </Router>
    </ConsoleContext.Provider>
  );
}

/** With `?debug` in the address a test can measure what the operator would hear. */
function exposeForTests(parts: ConsoleParts): void {
  if (!new URLSearchParams(location.search).has('debug')) return;
  Object.assign(window, {
    __switchboard: {
      remoteStream: () => parts.media.remote(),
      microphoneTrack: () => parts.microphone.track(),
      deskId: parts.desk.deskId,
      mediaState: () => parts.media.state(),
    },
  });
}
