import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import { Sound } from './audio/sound.ts';
import type { Call } from './meta/call.ts';
import { NotPlaced } from './meta/calls.ts';
import { graphCodes } from './meta/graph/errors.ts';
import { graphKinds } from './meta/graph/faults.ts';
import type { Sim } from './sim.ts';

const Digits = z.string().regex(/^[1-9]\d{6,14}$/);
const milliseconds = z.number().min(0).max(600_000);

const Place = z.object({
  from: Digits,
  to: z.string().optional(),
  play: Sound.optional(),
  record: z.boolean().optional(),
  deeplinkPayload: z.string().optional(),
  ctaPayload: z.string().optional(),
});
const Card = z.object({
  waId: Digits,
  name: z.string().optional(),
  username: z.string().optional(),
  callable: z.boolean().optional(),
  hidesNumber: z.boolean().optional(),
});
const Policy = z.discriminatedUnion('do', [
  z.object({ do: z.literal('ignore') }),
  z.object({ do: z.literal('answer'), afterMs: milliseconds.default(0), play: Sound.default({ kind: 'silence' }) }),
  z.object({ do: z.literal('decline'), afterMs: milliseconds.default(0) }),
]);
const Permission = z.object({
  number: z.string().optional(),
  response: z.enum(['accept', 'accept-always', 'decline', 'grant', 'grant-always', 'revoke']),
});
const GraphFault = z.object({
  kind: z.enum(graphKinds),
  times: z.number().int().min(1).default(1),
  failure: z.union([
    z.object({ code: z.literal(graphCodes), details: z.string().default('This failure was asked for.') }),
    z.object({ status: z.number().int().min(400).max(599), body: z.string().default('') }),
    z.object({ hang: z.literal(true) }),
    z.object({ loseReply: z.literal(true) }),
  ]),
});
const GraphDelay = z.object({ kind: z.union([z.enum(graphKinds), z.literal('*')]), ms: milliseconds });
const WebhookFault = z.discriminatedUnion('do', [
  z.object({ do: z.literal('duplicate'), kind: z.string(), times: z.number().int().min(1).default(1) }),
  z.object({ do: z.literal('delay'), kind: z.string(), ms: milliseconds }),
  z.object({ do: z.literal('drop'), kind: z.string() }),
  z.object({ do: z.literal('reorder'), kind: z.string().default('connect'), until: z.string().default('terminate') }),
  z.object({
    do: z.literal('repeat-after'),
    kind: z.string().default('connect'),
    after: z.string().default('terminate'),
  }),
  z.object({ do: z.literal('join'), kind: z.string(), other: z.string() }),
  z.object({ do: z.literal('hold'), kind: z.string() }),
  z.object({ do: z.literal('release') }),
  z.object({ do: z.literal('unknown'), kind: z.string().default('call_recording_available') }),
]);

/** A handler whose promise express awaits, as its version 5 does. */
const later =
  (work: (request: Request, response: Response) => Promise<void>) =>
  (request: Request, response: Response): Promise<void> =>
    work(request, response);

/** The sim by HTTP, for people with curl and for programs in other processes; mounted at `/sim`. */
export function createControlApi(sim: Sim): Router {
  const router = express.Router();
  router.use(express.json());
  const number = (id: string | undefined): string => id ?? sim.phoneNumberId;

  router.get('/health', (_request, response) => {
    response.json({ ok: true, webhookUrl: sim.webhooks.url ?? null, numbers: sim.directory.numbers });
  });

  router.post(
    '/calls',
    later(async (request, response) => {
      const { from, to, ...options } = Place.parse(request.body);
      const call = await sim.customer(from).call(number(to), definedOnly(options));
      response.status(201).json(call.facts());
    }),
  );
  router.get('/calls', (_request, response) => {
    response.json({ calls: sim.calls.all.map((call) => call.facts()) });
  });
  router.get('/calls/:id', (request, response) => {
    response.json(callOf(sim, request).facts());
  });
  router.post(
    '/calls/:id/:action',
    later(async (request, response) => {
      const call = callOf(sim, request);
      await act(call, String(request.params['action']), request.body);
      response.json(call.facts());
    }),
  );
  router.get(
    '/calls/:id/heard',
    later(async (request, response) => {
      const { lastMs } = z.object({ lastMs: z.coerce.number().positive().optional() }).parse(request.query);
      response.json(await callOf(sim, request).recording.measure(lastMs === undefined ? {} : { lastMs }));
    }),
  );
  router.get('/calls/:id/heard.ogg', (request, response) => {
    response.type('audio/ogg').send(callOf(sim, request).recording.ogg());
  });

  router.get('/customers', (_request, response) => {
    response.json({ customers: sim.directory.customers });
  });
  router.post('/customers', (request, response) => {
    const { waId, ...changes } = Card.parse(request.body);
    response.json(sim.customer(waId, definedOnly(changes)).card);
  });
  router.post('/customers/:waId/texts', (request, response) => {
    const { text, to } = z.object({ text: z.string().min(1), to: z.string().optional() }).parse(request.body);
    response.json({ id: customerOf(sim, request).text(number(to), text) });
  });
  router.post('/customers/:waId/incoming', (request, response) => {
    customerOf(sim, request).policy = Policy.parse(request.body);
    response.json({ ok: true });
  });
  router.post('/customers/:waId/permission', (request, response) => {
    const ask = Permission.parse(request.body);
    const customer = customerOf(sim, request);
    const to = number(ask.number);
    if (ask.response === 'revoke') customer.revokes(to);
    else if (ask.response === 'grant') customer.grants(to, 'temporary');
    else if (ask.response === 'grant-always') customer.grants(to, 'permanent');
    else customer.answerRequest(to, ask.response);
    response.json(sim.permissions.grantOf(to, customer.card.waId));
  });
  router.get('/customers/:waId/chat', (request, response) => {
    const { to } = z.object({ to: z.string().optional() }).parse(request.query);
    response.json({ entries: customerOf(sim, request).chat(number(to)) });
  });

  router.post('/graph/delay', (request, response) => {
    const { kind, ms } = GraphDelay.parse(request.body);
    sim.graph.delay(kind, ms);
    response.json({ ok: true });
  });
  router.post('/graph/fail', (request, response) => {
    const { kind, failure, times } = GraphFault.parse(request.body);
    sim.graph.failNext(kind, failure, times);
    response.json({ ok: true });
  });
  router.get('/graph/requests', (_request, response) => {
    response.json({ requests: sim.graphRequests });
  });
  router.post('/webhooks/fault', (request, response) => {
    arm(sim, WebhookFault.parse(request.body));
    response.json({ ok: true });
  });
  router.get('/webhooks', (_request, response) => {
    response.json({ sent: sim.webhooks.sent });
  });
  router.post('/clock/advance', (request, response) => {
    sim.clock.advance(z.object({ ms: z.number().positive() }).parse(request.body).ms);
    response.json({ now: sim.clock.now() });
  });
  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const message = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    response.status(error instanceof NotPlaced ? 409 : 400).json({ error: message });
  });
  return router;
}

async function act(call: Call, action: string, body: unknown): Promise<void> {
  switch (action) {
    case 'hang-up':
    case 'cancel':
      call.hangUp();
      break;
    case 'answer':
      call.answer();
      break;
    case 'decline':
      call.decline();
      break;
    case 'play':
      await call.play(Sound.parse(body));
      break;
    case 'fail':
      call.fail(z.object({ code: z.literal(graphCodes) }).parse(body).code);
      break;
    case 'keys':
      call.pressKeys(z.object({ keys: z.string().max(50) }).parse(body).keys);
      break;
    default:
      throw new Error(`no such action: ${action}`);
  }
}

function arm(sim: Sim, fault: z.infer<typeof WebhookFault>): void {
  const { webhooks } = sim;
  switch (fault.do) {
    case 'duplicate':
      webhooks.duplicateNext(fault.kind, fault.times);
      break;
    case 'delay':
      webhooks.delayNext(fault.kind, fault.ms);
      break;
    case 'drop':
      webhooks.dropNext(fault.kind);
      break;
    case 'reorder':
      webhooks.reorderNext(fault.kind, fault.until);
      break;
    case 'repeat-after':
      webhooks.repeatAfter(fault.kind, fault.after);
      break;
    case 'join':
      webhooks.joinNext(fault.kind, fault.other);
      break;
    case 'hold':
      webhooks.holdNext(fault.kind);
      break;
    case 'release':
      webhooks.release();
      break;
    case 'unknown':
      webhooks.sendUnknown(sim.directory.numbers[0]!, fault.kind);
      break;
  }
}

function callOf(sim: Sim, request: Request): Call {
  const call = sim.calls.get(String(request.params['id']));
  if (!call) throw new Error('there is no such call');
  return call;
}

const customerOf = (sim: Sim, request: Request) => sim.customer(Digits.parse(request.params['waId']));

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
/** Under exactOptionalPropertyTypes "absent" and "undefined" are not the same. */
const definedOnly = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>;
