import type { FaultCode } from '../../../control/contract/fault.ts';
import { Fault } from '../../../control/contract/fault.ts';
import { copy } from '../copy.ts';

/** The server could not be reached, or did not answer in time. Nothing is known about the request. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  constructor() {
    super(copy.line.unreachable);
  }
}

/** What to tell a person about whatever was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Fault || error instanceof Unreachable ? error.message : copy.line.unknownFault;
}

export const hasCode = (error: unknown, ...codes: FaultCode[]): error is Fault =>
  error instanceof Fault && codes.includes(error.code);
