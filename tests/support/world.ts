import { startSim, type Sim, type SimOptions } from '../../ops/sim/sim.ts';
import { Desk } from './desk.ts';
import { admin, freePort, meta, Product } from './product.ts';

/** Meta with its customers on one side, the product on the other, and nothing between them but HTTP and UDP. */
export class World implements AsyncDisposable {
  readonly sim: Sim;
  readonly product: Product;
  readonly #desks: Desk[] = [];

  private constructor(sim: Sim, product: Product) {
    this.sim = sim;
    this.product = product;
  }

  static async start(options: { sim?: SimOptions; environment?: NodeJS.ProcessEnv } = {}): Promise<World> {
    const port = await freePort();
    const sim = await startSim({
      webhookUrl: `http://127.0.0.1:${port}/webhooks/wa-calling`,
      appSecret: meta.appSecret,
      accessToken: meta.accessToken,
      numbers: [{ phoneNumberId: meta.phoneNumberId, wabaId: meta.wabaId, displayNumber: '16315553601' }],
      workerBin: process.env['MEDIASOUP_WORKER_BIN'],
      ...options.sim,
    });
    try {
      const environment = options.environment ?? {};
      return new World(sim, await Product.start({ port, graphUrl: sim.graphUrl, environment }));
    } catch (error) {
      await sim.close();
      throw error;
    }
  }

  /** A desk without a browser; closed with the world. */
  async desk(who: { email: string; password: string } = admin): Promise<Desk> {
    const desk = await Desk.open(this.product.url, who);
    this.#desks.push(desk);
    return desk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const desk of this.#desks) await desk[Symbol.asyncDispose]();
    await this.product[Symbol.asyncDispose]();
    await this.sim.close();
  }
}
