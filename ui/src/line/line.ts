import type { Accessor } from 'solid-js';
import type { Ask, Notice, NoticeName, Reply, RequestName } from '../../../control/contract/desk.ts';

/**
 * `signed-out`: the server took the session away; only signing in helps.
 */
export type LineStatus = 'connecting' | 'open' | 'lost' | 'signed-out';

/** The desk's line to control. One a console; stores use it, components never do. */
export type Line = {
  readonly status: Accessor<LineStatus>;
  /**
   * Asks and waits for the answer.
   * @throws Fault what control refused with; Unreachable when the line is down or silent.
   */
  ask<N extends RequestName>(name: N, ask: Ask<N>): Promise<Reply<N>>;
  /** As `ask`, but waits for a lost line to come back: for what must not be forgotten, e.g. a hang-up. */
  askWhenOpen<N extends RequestName>(name: N, ask: Ask<N>): Promise<Reply<N>>;
  /** Calls back on every notice that is well formed; the result stops it. */
  on<N extends NoticeName>(name: N, hear: (notice: Notice<N>) => void): () => void;
  /** Runs after every connect, also after the first, and soon if the line is open already. */
  onOpen(run: () => void): () => void;
  close(): void;
};
