import type { NodeId } from '../contract/ids.ts';
import type { Source } from '../contract/media.ts';

type OnLeg = { readonly nodeId: NodeId };
type AtCarrier = { readonly carrierCallId: string };

/**
 * What a step wants done in the world. Each one is whole in itself, so that any gateway can carry it
 * out, also one that has never seen the call. Results come back as events.
 */
export type CallCommand =
  | ({ readonly do: 'leg:answer'; readonly offer: string } & OnLeg)
  | ({ readonly do: 'leg:offer' } & OnLeg)
  | ({ readonly do: 'leg:apply-answer'; readonly answer: string } & OnLeg)
  | ({ readonly do: 'leg:open-gate' } & OnLeg)
  | ({ readonly do: 'leg:watch' } & OnLeg)
  | ({ readonly do: 'leg:feed'; readonly source: Source } & OnLeg)
  | ({ readonly do: 'leg:close' } & OnLeg)
  | ({ readonly do: 'carrier:pre-accept'; readonly sdp: string } & AtCarrier)
  | ({ readonly do: 'carrier:accept'; readonly sdp: string; /** Of which claim. */ readonly fence: number } & AtCarrier)
  | ({ readonly do: 'carrier:reject' } & AtCarrier)
  | ({ readonly do: 'carrier:terminate' } & AtCarrier)
  | { readonly do: 'carrier:connect'; readonly sdp: string };

export type CommandName = CallCommand['do'];
export type CommandOf<N extends CommandName> = Extract<CallCommand, { do: N }>;
