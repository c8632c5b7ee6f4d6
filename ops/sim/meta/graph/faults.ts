import { setTimeout as wait } from 'node:timers/promises';
import { GraphError, type GraphCode } from './errors.ts';

/** What a request to Graph is about. `calls` requests are told apart by their action. */
export const graphKinds = [
  'connect',
  'pre_accept',
  'accept',
  'reject',
  'terminate',
  'call_permissions',
  'settings',
  'messages',
  'media',
  'number',
] as const;
export type GraphKind = (typeof graphKinds)[number];

export type GraphFailure =
  /** One of Meta's codes, nothing done. */
  | { code: GraphCode; details?: string }
  /** An answer that is not Graph's, e.g. a 502 of a proxy. */
  | { status: number; body?: string }
  /** Nothing done and never an answer: the connection stays open. */
  | { hang: true }
  /** Done, yet the answer is lost: the connection breaks. */
  | { loseReply: true };

/** Delays and failures of Graph, on demand. */
export class GraphFaults {
  readonly #delays = new Map<GraphKind, number>();
  readonly #failures: { kind: GraphKind; failure: GraphFailure; left: number }[] = [];

  /** Every request of this kind takes so much longer, from now on; 0 ends it. The work is done after the delay. */
  delay(kind: GraphKind | '*', milliseconds: number): void {
    for (const one of kind === '*' ? graphKinds : [kind]) this.#delays.set(one, milliseconds);
  }

  /** The next `times` requests of this kind fail so. */
  failNext(kind: GraphKind, failure: GraphFailure, times = 1): void {
    this.#failures.push({ kind, failure, left: times });
  }

  clear(): void {
    this.#delays.clear();
    this.#failures.length = 0;
  }

  delayOf(kind: GraphKind): number {
    return this.#delays.get(kind) ?? 0;
  }

  async waitFor(kind: GraphKind): Promise<void> {
    const milliseconds = this.delayOf(kind);
    if (milliseconds > 0) await wait(milliseconds);
  }

  /** The failure that this request is to meet. */
  take(kind: GraphKind): GraphFailure | undefined {
    const index = this.#failures.findIndex((one) => one.kind === kind);
    const found = this.#failures[index];
    if (!found) return undefined;
    found.left -= 1;
    if (found.left <= 0) this.#failures.splice(index, 1);
    return found.failure;
  }
}

export const errorOf = (failure: { code: GraphCode; details?: string }): GraphError =>
  new GraphError(failure.code, failure.details ?? 'This failure was asked for.');
