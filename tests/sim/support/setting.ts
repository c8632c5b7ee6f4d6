import { startSim, type Sim, type SimOptions } from '../../../ops/sim/sim.ts';
import { BusinessLeg, callAction, Inbox, type GraphAnswer } from './business.ts';

/** A sim and a business that listens to it, with short waits. */
export type Setting = { sim: Sim; inbox: Inbox; number: string };

export async function aSetting(options: SimOptions = {}): Promise<Setting> {
  const sim = await startSim({
    workerBin: process.env['MEDIASOUP_WORKER_BIN'],
    ...options,
    timing: { connectDelayMs: 10, ringingDelayMs: 5, ...options.timing },
  });
  const inbox = await Inbox.open(sim.appSecret);
  sim.webhooks.sendTo(inbox.url);
  return { sim, inbox, number: sim.phoneNumberId };
}

export async function closeSetting({ sim, inbox }: Setting): Promise<void> {
  inbox.close();
  await sim.close();
}

/** The id of the newest connect webhook's call, and its SDP. */
export async function nextOffer(inbox: Inbox, callId: string): Promise<string> {
  for (let n = 0; ; n += 1) {
    const { item } = await inbox.next('connect', n);
    if (item.id === callId) return item.session.sdp;
  }
}

/** Accepts a customer's call with a real leg; the leg sends nothing yet. */
export async function accept(setting: Setting, callId: string): Promise<{ leg: BusinessLeg; sdp: string }> {
  const leg = new BusinessLeg();
  const sdp = await leg.answer(await nextOffer(setting.inbox, callId));
  must(await callAction(setting.sim, { action: 'accept', call_id: callId, session: { sdp_type: 'answer', sdp } }));
  await leg.connected();
  return { leg, sdp };
}

export function must(answer: GraphAnswer): GraphAnswer {
  if (answer.status !== 200) throw new Error(`Graph refused: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}
