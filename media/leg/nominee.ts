import type { Connection, StunProtocol } from 'werift';

/**
 * The one pair that may be nominated towards an ICE-lite far end. werift nominates again when another pair's check succeeds
 * later; a relay such as Meta's must not be moved to another path.
 */
export class Nominee {
  readonly #connection: Connection;
  #chosen: { protocol: StunProtocol; host: string; port: number } | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** May this pair be nominated? The first that asks may, and again for its consent checks. */
  claim(protocol: StunProtocol, [host, port]: readonly [string, number]): boolean {
    // A full far end is nominated aggressively (RFC 5245 §8.1.1.2): every check carries the flag.
    if (!this.#connection.remoteIsLite) return true;
    this.#chosen ??= { protocol, host, port };
    return this.#chosen.protocol === protocol && this.#chosen.host === host && this.#chosen.port === port;
  }

  /** The nomination was not answered: another pair may have its turn. */
  release(): void {
    if (!this.#connection.nominated) this.#chosen = undefined;
  }
}
