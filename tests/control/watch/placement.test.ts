import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NodeCard } from '../../../control/contract/media.ts';
import { createPlacement } from '../../../control/watch/placement.ts';
import { node, otherNode } from '../call/samples.ts';
import { FakeClock } from '../support/fake-clock.ts';

const placement = suite('which media server takes a call');
const card = (nodeId: typeof node, change: Partial<NodeCard> = {}): NodeCard => ({
  nodeId,
  url: 'http://127.0.0.1:1',
  capacity: 4,
  legs: 0,
  draining: false,
  ...change,
});
const over = (...cards: NodeCard[]) => createPlacement({ nodes: async () => cards }, new FakeClock(0));

placement('the one with the most room', async () => {
  assert.is(await over(card(node, { legs: 3 }), card(otherNode, { legs: 1 })).place(), otherNode);
});

placement('never one that drains, is full, or has just failed', async () => {
  assert.is(await over(card(node, { draining: true })).place(), null);
  assert.is(await over(card(node, { legs: 4 })).place(), null);
  assert.is(await over(card(node)).place(node), null);
});

placement('a burst is spread although the cards are a beat old', async () => {
  const places = over(card(node), card(otherNode));
  const taken = [await places.place(), await places.place(), await places.place(), await places.place()];
  assert.is(taken.filter((id) => id === node).length, 2);
});

placement('what was placed long ago stands on the card and is not counted twice', async () => {
  const clock = new FakeClock(0);
  const places = createPlacement({ nodes: async () => [card(node, { capacity: 1 })] }, clock);
  assert.is(await places.place(), node);
  assert.is(await places.place(), null);
  clock.pass(2001);
  assert.is(await places.place(), node);
});

placement('what was read last, for a minute while the registry cannot be read', async () => {
  const clock = new FakeClock(0);
  let away = false;
  const nodes = async () => {
    if (away) throw new Error('redis is away');
    return [card(node, { capacity: 2 })];
  };
  const places = createPlacement({ nodes }, clock);
  assert.is(await places.place(), node);
  away = true;
  clock.pass(30_000);
  assert.is(await places.place(), node);
  // Nobody knows what has ended since, so what was placed since still counts.
  assert.is(await places.place(), null);
  clock.pass(30_001);
  const refused = await places.place().catch((error: Error) => error.message);
  assert.is(refused, 'redis is away');
});

placement('what was read last, for a minute while the registry has forgotten every node', async () => {
  const clock = new FakeClock(0);
  let cards = [card(node)];
  const places = createPlacement({ nodes: async () => cards }, clock);
  assert.is(await places.place(), node);
  cards = [];
  assert.is(await places.place(), node);
  clock.pass(60_001);
  assert.is(await places.place(), null);
});

placement.run();
