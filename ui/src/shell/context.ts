import { createContext, useContext } from 'solid-js';
import type { UserView } from '../../../control/contract/views.ts';
import type { Rest } from '../api/rest.ts';
import type { Calls } from '../call/calls.ts';
import type { Desk } from '../call/desk.ts';
import type { Outcomes } from '../call/outcomes.ts';
import type { Ringing } from '../call/ringing.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Line } from '../line/line.ts';
import type { Devices } from '../media/devices.ts';
import type { Media } from '../media/media.ts';
import type { Microphone } from '../media/microphone.ts';
import type { Session } from '../session/session.ts';
import type { Toasts } from './toasts.ts';

/** Everything that a page of the console works with. */
export type ConsoleParts = {
  readonly user: UserView;
  readonly session: Session;
  readonly rest: Rest;
  readonly line: Line;
  readonly calls: Calls;
  readonly desk: Desk;
  readonly ringing: Ringing;
  readonly outcomes: Outcomes;
  readonly inbox: Inbox;
  readonly media: Media;
  readonly microphone: Microphone;
  readonly devices: Devices;
  readonly toasts: Toasts;
};

export const ConsoleContext = createContext<ConsoleParts>();

/** The console's parts; only inside the console. */
export function useConsole(): ConsoleParts {
  const parts = useContext(ConsoleContext);
  if (!parts) throw new Error('useConsole() outside of the console');
  return parts;
}
