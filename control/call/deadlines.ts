import type { DeadlineKind } from './events.ts';
import type { CallState, Handler, Path, Phase, StateOf } from './states.ts';

type Deadlines = { readonly [K in DeadlineKind]?: number };
export type Deadline = { readonly type: DeadlineKind; readonly due: number };

/** Which deadlines a state has, and when they are due: the only place that says so. */
const table: { readonly [P in Phase]: (state: StateOf<P>) => Deadlines } = {
  new: () => ({}),
  dialing: (s) => ({ dialExpired: dialEnd(s), ...ofHandler(s.handler), ...ofPath(s.path) }),
  ringing: (s) => ({ ringExpired: s.ringUntil, answerExpired: s.answerUntil, ...ofPath(s.path) }),
  claimed: (s) => ({ claimExpired: s.claimUntil, ...ofPath(s.path) }),
  live: (s) => ({ ...ofHandler(s.handler), ...ofPath(s.path) }),
  ended: () => ({}),
};

const dialEnd = ({ path, dialUntil }: StateOf<'dialing'>): number =>
  path.step === 'placing' ? Math.min(dialUntil, path.until ?? dialUntil) : dialUntil;

function ofHandler(handler: Handler): Deadlines {
  if (handler.presence === 'away') return { graceExpired: handler.graceUntil };
  if (handler.presence === 'gone') return { offerExpired: handler.offerUntil };
  return {};
}

const ofPath = (path: Path): Deadlines => (path.step === 'lost' ? { legExpired: path.until } : {});

function deadlinesOf(state: CallState): Deadlines {
  // Typed row by row; indexing with a union loses that, hence the cast.
  return (table[state.phase] as (state: CallState) => Deadlines)(state);
}

/** Is this deadline one of the state's, and past? A late one, or one that was moved, is not. */
export function isDue(state: CallState, type: DeadlineKind, at: number): boolean {
  const due = deadlinesOf(state)[type];
  return due !== undefined && due <= at;
}

/** The deadline that comes first, or null. */
export function nextDeadline(state: CallState): Deadline | null {
  let first: Deadline | null = null;
  for (const [type, due] of Object.entries(deadlinesOf(state)) as [DeadlineKind, number][]) {
    if (first === null || due < first.due) first = { type, due };
  }
  return first;
}
