import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createId, type WorkspaceId } from '../../../control/contract/ids.ts';
import type { Caller } from '../../../control/control.ts';
import { createCallLog, type CallLog } from '../../../control/log/calls.ts';
import { refusal } from '../support/refusal.ts';
import {
  aCaller,
  aCustomer,
  aNumber,
  anEndedCall,
  aRingingCall,
  aWorkspace,
  openWorld,
  type TestCustomer,
  type World,
} from '../support/world.ts';

const log = suite('call log');
let world: World;
let calls: CallLog;
let workspaceId: WorkspaceId;
let anna: Caller;
let customer: TestCustomer;
log.before(async () => {
  world = await openWorld();
  calls = createCallLog(world);
});
log.after(() => world.close());
log.before.each(async () => {
  workspaceId = await aWorkspace(world);
  anna = await aCaller(world, workspaceId);
  customer = await aCustomer(world, { workspaceId, numberId: (await aNumber(world, workspaceId)).id });
});

log('a call is in the log from its first ring, and the latest one is first', async () => {
  const missed = await anEndedCall(world, customer, { startedAt: world.clock.now() - 60_000 });
  const ringing = await aRingingCall(world, customer);
  const { items } = await calls.list(anna, { limit: 50 });
  assert.equal(
    items.map(({ id, phase, disposition }) => [id, phase, disposition]),
    [
      [ringing, 'ringing', null],
      [missed, 'ended', 'missed'],
    ],
  );
});

log('it can be narrowed to a conversation, a direction and an outcome', async () => {
  const other = await aCustomer(world, customer);
  const missed = await anEndedCall(world, customer);
  const theirs = await anEndedCall(world, other);
  const outbound = await anEndedCall(world, customer, { direction: 'outbound', disposition: 'unanswered' });
  const ids = async (query: object): Promise<string[]> =>
    (await calls.list(anna, { limit: 50, ...query })).items.map(({ id }) => id).toSorted();
  assert.equal(await ids({ conversationId: customer.conversationId }), [missed, outbound].toSorted());
  assert.equal(await ids({ direction: 'outbound' }), [outbound]);
  assert.equal(await ids({ disposition: 'missed' }), [missed, theirs].toSorted());
  assert.equal(await ids({ disposition: 'missed', conversationId: other.conversationId }), [theirs]);
});

log('pages follow each other without a gap or a repetition', async () => {
  const made = new Set<string>();
  for (let i = 0; i < 5; i += 1) made.add(await anEndedCall(world, customer));
  const first = await calls.list(anna, { limit: 3 });
  assert.ok(first.next);
  const second = await calls.list(anna, { limit: 3, cursor: first.next });
  assert.is(second.next, null);
  assert.equal(new Set([...first.items, ...second.items].map(({ id }) => id)), made);
});

log("a call's history says in words what happened, also what came too late", async () => {
  const id = await anEndedCall(world, customer);
  const at = new Date(world.clock.now());
  const append = (event: object, before: string | null, after: string, ignored: boolean) =>
    world.database.pool.query(
      `INSERT INTO call_events (call_id, workspace_id, at, event, phase_before, phase_after, ignored)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [id, workspaceId, at, JSON.stringify(event), before, after, ignored],
    );
  await append({ type: 'offered', at: at.getTime(), sdpBytes: 900 }, null, 'ringing', false);
  await append({ type: 'ringExpired', at: at.getTime() }, 'ringing', 'ended', false);
  await append({ type: 'remoteAccepted', at: at.getTime() }, 'ended', 'ended', true);
  const { call, history } = await calls.get(anna, id);
  assert.is(call.endReason, 'Nobody answered in time.');
  assert.equal(
    history.map(({ event, text, phaseBefore, phaseAfter, ignored }) => [event, text, phaseBefore, phaseAfter, ignored]),
    [
      ['offered', 'The customer called.', null, 'ringing', false],
      ['ringExpired', 'Nobody answered in time.', 'ringing', 'ended', false],
      ['remoteAccepted', 'The customer picked up.', 'ended', 'ended', true],
    ],
  );
});

log('calls of another workspace are not there', async () => {
  const id = await anEndedCall(world, customer);
  const stranger = await aCaller(world, await aWorkspace(world), 'admin');
  assert.equal(await calls.list(stranger, { limit: 50 }), { items: [], next: null });
  assert.equal((await calls.list(stranger, { limit: 5, conversationId: customer.conversationId })).items, []);
  await refusal(calls.get(stranger, id), 'call/not-found');
  await refusal(calls.get(anna, createId('call')), 'call/not-found');
});

log.run();
