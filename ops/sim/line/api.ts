import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { types } from 'mediasoup';
import { z } from 'zod';
import { NotPlaced } from '../meta/calls.ts';
import type { Sim } from '../sim.ts';
import type { PhoneBox } from './box.ts';
import { Phone, type PhoneView } from './phone.ts';

const pages = join(import.meta.dirname, '../phone/dist');
const WaId = z.string().regex(/^[1-9]\d{6,14}$/);
const opaque = z.record(z.string(), z.unknown());
const PageId = z.string().min(8).max(64);

/**
 * What a page asks: `POST /phone/api/:waId/<name>`, JSON both ways. mediasoup's structures pass through
 * as they are: mediasoup-client on one side and mediasoup on the other read them.
 */
const asks = {
  call: z.object({ to: z.string() }),
  answer: z.object({}),
  decline: z.object({}),
  'hang-up': z.object({}),
  text: z.object({ to: z.string(), text: z.string().trim().min(1).max(4096) }),
  'answer-request': z.object({
    to: z.string(),
    id: z.string(),
    answer: z.enum(['accept', 'accept-always', 'decline']),
  }),
  'let-call': z.object({ to: z.string(), allow: z.boolean() }),
  keys: z.object({ keys: z.string().regex(/^[0-9*#]{1,20}$/) }),
  'audio-open': z.object({ page: PageId }),
  'audio-connect': z.object({ page: PageId, side: z.enum(['send', 'receive']), dtlsParameters: opaque }),
  'audio-speak': z.object({ page: PageId, rtpParameters: opaque }),
  'audio-listen': z.object({ page: PageId, rtpCapabilities: opaque }),
} as const;
type AskName = keyof typeof asks;
type Answers = { [N in AskName]: (phone: Phone, ask: z.infer<(typeof asks)[N]>) => unknown };

/** The phone page and what it talks to, to be mounted at `/phone`. */
export function createPhoneApi(sim: Sim, box: PhoneBox): Router {
  const phones = new Map<string, Phone>();
  const phoneOf = (request: Request): Phone => {
    const waId = WaId.parse(request.params['waId']);
    let phone = phones.get(waId);
    if (!phone) {
      phone = new Phone(sim.customer(waId), sim, box);
      phones.set(waId, phone);
    }
    return phone;
  };
  const answers = answersOf(box);

  const router = express.Router();
  router.use('/api', express.json());
  router.get('/api/people', (_request, response) => {
    response.json({ people: sim.directory.customers.map(({ waId, name }) => ({ waId, name })) });
  });
  router.post('/api/people', (request, response) => {
    const { waId, name } = z.object({ waId: WaId, name: z.string().trim().min(1).max(60) }).parse(request.body);
    response.json({ person: { waId, name: sim.customer(waId, { name }).card.name } });
  });
  router.get('/api/media/:id', (request, response) => {
    const media = sim.messages.media(request.params.id);
    if (media) response.type(media.type).send(media.bytes);
    else response.status(404).json({ error: 'there is no such media' });
  });
  router.get('/api/:waId/events', (request, response) => {
    const page = PageId.parse(request.query['page']);
    response.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.flushHeaders();
    const close = phoneOf(request).show(page, (view: PhoneView) => {
      response.write(`data: ${JSON.stringify(view)}\n\n`);
    });
    response.on('close', close);
  });
  router.post('/api/:waId/:ask', (request, response) => answer(answers, phoneOf(request), request, response));
  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const message = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    response.status(error instanceof NotPlaced ? 409 : 400).json({ error: message });
  });
  router.use(express.static(pages));
  router.use((_request, response) => {
    const built = existsSync(join(pages, 'index.html'));
    response.status(built ? 404 : 503).type('text/plain');
    response.send(built ? 'Not found.' : 'The phone page is not built yet: npx vite build ops/sim/phone');
  });
  return router;
}

async function answer(answers: Answers, phone: Phone, request: Request, response: Response): Promise<void> {
  const name = z.enum(Object.keys(asks) as AskName[]).parse(request.params['ask']);
  // Both sides come from one entry of the table; indexing with a union loses that, hence the cast.
  const handle = answers[name] as (of: Phone, ask: unknown) => unknown;
  response.json((await handle(phone, asks[name].parse(request.body ?? {}))) ?? {});
}

const answersOf = (box: PhoneBox): Answers => ({
  call: async (phone, { to }) => {
    const call = await phone.customer.call(to);
    return { id: call.id };
  },
  answer: (phone) => phone.call?.answer(),
  decline: (phone) => phone.call?.decline(),
  'hang-up': (phone) => phone.call?.hangUp(),
  text: (phone, { to, text }) => ({ id: phone.customer.text(to, text) }),
  'answer-request': (phone, { to, id, answer: given }) => {
    const request = phone.customer.chat(to).find((entry) => entry.id === id);
    if (!request) throw new Error('there is no such request');
    phone.customer.answerRequestOf(request, given);
  },
  'let-call': (phone, { to, allow }) => {
    if (allow) phone.customer.grants(to, 'permanent');
    else phone.customer.revokes(to);
  },
  keys: (phone, { keys }) => phone.call?.pressKeys(keys),
  'audio-open': async (phone, { page }) => {
    const handset = await phone.take(page);
    return {
      rtpCapabilities: box.rtpCapabilities,
      send: handset.options('send'),
      receive: handset.options('receive'),
    };
  },
  'audio-connect': async (phone, { page, side, dtlsParameters }) => {
    await phone.handsetOf(page).connect(side, dtlsParameters as types.DtlsParameters);
  },
  'audio-speak': async (phone, { page, rtpParameters }) => ({
    id: await phone.handsetOf(page).speak(rtpParameters as types.RtpParameters),
  }),
  'audio-listen': async (phone, { page, rtpCapabilities }) => phone.handsetOf(page).listen(rtpCapabilities),
});
