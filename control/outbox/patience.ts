import type { CommandName } from '../call/commands.ts';

/**
 * The pauses (ms) between the tries of one process; as many tries as pauses, and one. The Graph client
 * has tried what is safe a few times by then, so these are for a minute of trouble, not for a lost packet.
 */
export const pauses: { readonly [N in CommandName]: readonly number[] } = {
  'leg:answer': [100],
  'leg:offer': [100],
  'leg:apply-answer': [100, 300, 1000],
  'leg:open-gate': [100, 300, 1000],
  'leg:feed': [100, 300, 1000],
  // Only for the history: a call does not suffer without it.
  'leg:watch': [],
  'leg:close': [500, 2000, 5000],
  // Late it is worth nothing: accept does its work too.
  'carrier:pre-accept': [],
  // A second accept of one claim may be refused because the first was taken: the machine knows that case.
  'carrier:accept': [250],
  'carrier:reject': [500, 1000, 2000, 4000],
  'carrier:terminate': [500, 1000, 2000, 4000, 8000],
  // A second connect would be a second call.
  'carrier:connect': [],
};

export const outboxPatience = {
  /** A process that does not renew its lease for so long is taken for dead. */
  lease: 3000,
  renew: 1000,
  /** How often leases of others are looked at. */
  sweep: 500,
  /** So many processes died over it: it is the command that kills them. */
  attempts: 5,
  /** How long a result is kept in memory while the database does not take it. */
  report: [100, 200, 500, 1000, 1000, 1000, 1000, 1000, 2000, 2000, 2000, 2000],
} as const;
