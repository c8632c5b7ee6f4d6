import { Fault, type FaultCode } from '../../../control/contract/fault.ts';

/** The fault with which a request is refused. @throws when it is not, or is refused with another code */
export async function refusal(request: Promise<unknown>, code?: FaultCode): Promise<Fault> {
  const error: unknown = await request.then(
    (value) => new Error(`was not refused, and gave ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (error instanceof Fault && (code === undefined || error.code === code)) return error;
  throw new Error(`should have been refused${code ? ` with ${code}` : ''}`, { cause: error });
}
