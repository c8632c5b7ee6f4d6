import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import { Fault, httpStatusOf } from '../../control/contract/fault.ts';
import type { Log } from '../../ops/runtime/log.ts';
import { asKnown, failure } from '../failure.ts';

/** A handler that takes its time; what it throws goes to `onError`. */
export const awaited =
  (work: (request: Request, response: Response) => Promise<void>): RequestHandler =>
  (request, response, next) => {
    const run = async (): Promise<void> => {
      try {
        await work(request, response);
      } catch (error) {
        next(error);
      }
    };
    void run();
  };

/** Answers with a `WireFault` and its status. */
export function sendFault(response: Response, error: unknown): void {
  const wire = Fault.toWire(error);
  const retryAfter = wire.details?.['retryAfterSeconds'];
  if (typeof retryAfter === 'number') response.setHeader('retry-after', retryAfter);
  response.status(httpStatusOf(wire.code)).json(wire);
}

/** What a body parser or express itself refuses, as a fault; everything else stays what it is. */
function asFault(error: unknown): unknown {
  if (error instanceof Fault) return error;
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 413) return new Fault('request/too-large', 'The request is too large.');
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Fault('request/invalid', 'The request cannot be read.', { cause: error });
  }
  return asKnown(error);
}

/** What somebody sent, as its schema makes it. @throws Fault `request/invalid` */
export function parseAs<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error);
  return parsed.data;
}

/** Names what is wrong and where; the values themselves are not repeated. */
function invalid(error: z.ZodError): Fault {
  const issues = error.issues.slice(0, 20).map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
  const where = [...new Set(issues.map(({ path }) => path || 'the whole'))].join(', ');
  return new Fault('request/invalid', `The request is not valid: ${where}.`, { details: { issues } });
}

/** The last handler of the app. Never tells a stranger more than a fault does. */
export const onError =
  (log: Log): ErrorRequestHandler =>
  (error: unknown, request, response, next) => {
    const fault = asFault(error);
    const context = { ...failure(fault), requestId: response.locals['requestId'] as unknown, path: request.path };
    if (!(fault instanceof Fault)) log.error(context, 'request failed');
    else if (fault.code === 'server/unavailable') log.warn(context, 'request failed');
    if (response.headersSent) {
      next(error);
      return;
    }
    sendFault(response, fault);
  };

export const notFound: RequestHandler = (_request, response) => {
  sendFault(response, new Fault('request/not-found', 'There is nothing at this address.'));
};
