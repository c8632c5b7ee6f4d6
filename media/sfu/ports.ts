import { createSocket, type Socket } from 'node:dgram';

/**
 * Hands out UDP ports of a range, round robin, so that a port that was just given back rests as long
 * as possible: late packets of the call that had it must not reach the next one.
 */
export class PortPool {
  readonly #min: number;
  readonly #max: number;
  #next: number;

  constructor(min: number, max: number) {
    this.#min = min;
    this.#max = Math.max(min, max);
    this.#next = min;
  }

  /**
   * Binds a socket to the next free port of the range.
   * @throws the bind error when the address is not ours, or when every port is taken.
   */
  async bind(family: 4 | 6, address: string): Promise<Socket> {
    const tries = this.#max - this.#min + 1;
    let lastError: unknown;
    for (let i = 0; i < tries; i += 1) {
      const port = this.#next;
      this.#next = port >= this.#max ? this.#min : port + 1;
      try {
        return await bindTo(family, address, port);
      } catch (error) {
        lastError = error;
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
    throw lastError;
  }
}

function bindTo(family: 4 | 6, address: string, port: number): Promise<Socket> {
  // The exclusive flag keeps Node's cluster module from sharing the port.
  const socket = family === 4 ? createSocket({ type: 'udp4' }) : createSocket({ type: 'udp6', ipv6Only: true });
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', failed);
    socket.bind({ port, address, exclusive: true }, () => {
      socket.off('error', failed);
      // From here on errors are ICMP messages of a connected socket (nobody listens over there).
      // Whether the other side lives is decided by consent checks alone, which nobody can forge.
      socket.on('error', ignore);
      resolve(socket);
    });
  });
}

const ignore = (): void => undefined;
