import { setTimeout as wait } from 'node:timers/promises';
import { Fault } from '../../control/contract/fault.ts';
import { readConfig } from '../runtime/config.ts';
import { createLog, type Log } from '../runtime/log.ts';
import { onShutdown } from '../runtime/shutdown.ts';
import { createControlApi } from './control-api.ts';
import { demo } from './demo.ts';
import { createPhoneApi } from './line/api.ts';
import { PhoneBox } from './line/box.ts';
import { startSim, type Sim } from './sim.ts';

/** People who are on the phone page from the beginning. Numbers of the reserved range 555-01xx. */
const people = [
  ['15550100001', 'Maya Fischer'],
  ['15550100002', 'Jonas Weber'],
  ['15550100003', 'Amara Okafor'],
  ['15550100004', 'Luca Romano'],
] as const;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog('sim', config.logLevel);
  const verifyToken = config.meta.verifyToken ?? demo.verifyToken;
  const sim = await startSim({
    port: config.sim.port,
    host: config.http.host,
    listenIp: config.media.listenIp,
    announcedAddress: config.media.announcedAddress,
    webhookUrl: config.sim.webhookUrl,
    appSecret: config.meta.appSecret ?? demo.appSecret,
    accessToken: config.meta.accessToken ?? demo.accessToken,
    numbers: [
      {
        phoneNumberId: config.meta.phoneNumberId ?? demo.phoneNumberId,
        wabaId: config.meta.wabaId ?? demo.wabaId,
        displayNumber: demo.displayNumber,
      },
    ],
    // In a demo a person types any number into the console and expects somebody there.
    unknownCustomers: 'create',
    workerBin: config.media.workerBin,
  });
  sim.app.use('/sim', createControlApi(sim));
  const { listenIp, announcedAddress } = config.media;
  const box = await PhoneBox.start(sim.relay.worker, listenIp, announcedAddress);
  sim.app.use('/phone', createPhoneApi(sim, box));
  for (const [waId, name] of people) sim.customer(waId, { name });
  onShutdown(log, () => sim.close());
  sim.relay.worker.on('died', () => {
    log.fatal('the relay has died');
    process.exit(1);
  });
  log.info({ graphUrl: sim.graphUrl, webhookUrl: config.sim.webhookUrl }, 'sim ready');
  await subscribe(sim, verifyToken, log);
}

/** The handshake of the webhook's subscription, tried until the gateway is up. */
async function subscribe(sim: Sim, verifyToken: string, log: Log): Promise<void> {
  for (let attempt = 1; attempt <= 60; attempt += 1) {
    const verified = await sim.webhooks.verify(verifyToken).catch(() => undefined);
    if (verified !== undefined) {
      if (verified) log.info('webhook verified');
      else log.warn('the receiver refused the verify token; webhooks are sent nevertheless');
      return;
    }
    await wait(1000);
  }
  log.warn('the webhook receiver is not there; webhooks are sent nevertheless');
}

function exitWith(error: unknown): never {
  const fault = error instanceof Fault ? error : undefined;
  console.error(fault ? fault.message : error);
  process.exit(fault?.code === 'config/invalid' ? 78 : 1);
}

main().catch(exitWith);
