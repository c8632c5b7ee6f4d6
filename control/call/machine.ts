import type { CallCommand } from './commands.ts';
import { isDue } from './deadlines.ts';
import type { CallEvent, DeadlineKind, EventOf } from './events.ts';
import type { Move } from './moves.ts';
import { claimed } from './phases/claimed.ts';
import { dialing } from './phases/dialing.ts';
import { ended } from './phases/ended.ts';
import { fresh } from './phases/fresh.ts';
import { live } from './phases/live.ts';
import { ringing } from './phases/ringing.ts';
import type { Rules } from './rules.ts';
import type { CallState, Phase } from './states.ts';

/**
 *   new ──offered──▶ ringing ◀──refused── claimed ──accepted──▶ live
 *    │                  └──────pickedUp──────▲                   ▲
 *    ├───dialed───▶ dialing ─────────────remoteAccepted──────────┘
 *    └─terminated─▶ ended ◀── from everywhere, through `end()` alone, and never out again
 *
 * The whole table, with its commands, is in README.md beside this file.
 */
export const table: { readonly [P in Phase]: Rules<P> } = { new: fresh, dialing, ringing, claimed, live, ended };

export type Step = {
  readonly state: CallState;
  readonly commands: readonly CallCommand[];
  /** Late, doubled or not for this state: it belongs into the history, and nothing else happened. */
  readonly ignored: boolean;
};

const deadlineKinds: { readonly [K in DeadlineKind]: true } = {
  ringExpired: true,
  answerExpired: true,
  claimExpired: true,
  dialExpired: true,
  graceExpired: true,
  offerExpired: true,
  legExpired: true,
};

export const isDeadline = (event: CallEvent): event is EventOf<DeadlineKind> => event.type in deadlineKinds;

/** Pure: no clock, no I/O, no throw. The runner saves the state and carries the commands out. */
export function step(state: CallState, event: CallEvent): Step {
  const late: Step = { state, commands: [], ignored: true };
  if (isDeadline(event) && !isDue(state, event.type, event.at)) return late;
  // Typed cell by cell; indexing with two unions loses that, hence the one cast.
  const rule = table[state.phase][event.type] as ((state: CallState, event: CallEvent) => Move) | undefined;
  const move = rule?.(state, event);
  return move ? { state: move.to, commands: move.commands, ignored: false } : late;
}
