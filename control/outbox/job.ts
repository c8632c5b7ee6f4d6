import type { CallCommand, CommandOf, CommandName } from '../call/commands.ts';
import type { CallId, NumberId } from '../contract/ids.ts';
import type { CarrierParty } from '../ports.ts';

/** A committed command with all that is needed to carry it out. */
export type Job<N extends CommandName = CommandName> = {
  /** Its row in the outbox. */
  readonly id: number;
  readonly callId: CallId;
  readonly numberId: NumberId;
  readonly party: CarrierParty;
  /** How many processes have taken it up, this one included. */
  readonly attempts: number;
  readonly command: CommandName extends N ? CallCommand : CommandOf<N>;
};
