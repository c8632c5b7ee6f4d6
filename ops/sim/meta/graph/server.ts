import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import type { Call } from '../call.ts';
import type { Calls } from '../calls.ts';
import type { SimClock } from '../clock.ts';
import type { Business, CustomerCard, Directory } from '../directory.ts';
import type { Messages } from '../messages.ts';
import { settingsWebhook } from '../payloads.ts';
import type { PermissionBook } from '../permissions.ts';
import { changeSettings } from '../settings.ts';
import { checkSession } from '../sdp/check.ts';
import type { Webhooks } from '../webhooks.ts';
import { GraphError } from './errors.ts';
import { errorOf, type GraphFaults, type GraphKind } from './faults.ts';

export type GraphDeps = {
  accessToken: string;
  clock: SimClock;
  directory: Directory;
  calls: Calls;
  permissions: PermissionBook;
  messages: Messages;
  webhooks: Webhooks;
  faults: GraphFaults;
  find: (to: string | undefined, recipient: string | undefined) => CustomerCard | undefined;
  /** Reads of call_permissions a second for one number; more are refused with 613. */
  permissionReadsPerSecond: number;
  /** Told of every request with its time, for benches that subtract Graph's share. */
  onRequest: (record: GraphRequest) => void;
};
export type GraphRequest = { kind: GraphKind; at: number; ms: number; status: number };

type Answer = { body: unknown; beforeSending?: () => void };
type Handler = (business: Business, request: Request) => Promise<Answer> | Answer;

const done = { messaging_product: 'whatsapp', success: true };

const CallBody = z.looseObject({
  messaging_product: z.literal('whatsapp'),
  action: z.enum(['connect', 'pre_accept', 'accept', 'reject', 'terminate']),
  call_id: z.string().optional(),
  to: z.string().optional(),
  recipient: z.string().optional(),
  session: z.unknown().optional(),
  biz_opaque_callback_data: z.string().max(512).optional(),
  recording: z.looseObject({ status: z.string(), purpose: z.string().min(1).max(250) }).optional(),
  transcription: z.looseObject({ status: z.string(), purpose: z.string().min(1).max(250) }).optional(),
});
type CallBody = z.infer<typeof CallBody>;

/** The part of Graph that calling needs, to be mounted at `/graph`. */
export function createGraph(deps: GraphDeps): Router {
  const router = express.Router();
  const reads = new Map<string, number[]>();

  const answer =
    (kindOf: GraphKind | ((request: Request) => GraphKind), handler: Handler) =>
    async (request: Request, response: Response): Promise<void> => {
      const at = performance.timeOrigin + performance.now();
      const kind = typeof kindOf === 'function' ? kindOf(request) : kindOf;
      response.on('finish', () => {
        const ms = performance.timeOrigin + performance.now() - at;
        deps.onRequest({ kind, at, ms, status: response.statusCode });
      });
      authorize(request, deps.accessToken);
      const failure = deps.faults.take(kind);
      if (failure && 'hang' in failure) return;
      await deps.faults.waitFor(kind);
      if (failure && 'code' in failure) throw errorOf(failure);
      if (failure && 'status' in failure) {
        response.status(failure.status).send(failure.body ?? 'Bad Gateway');
        return;
      }
      const business = deps.directory.number(String(request.params['phoneNumberId']));
      if (!business) throw unknownObject(String(request.params['phoneNumberId']));
      const { body, beforeSending } = await handler(business, request);
      if (failure) {
        request.socket.destroy();
        return;
      }
      beforeSending?.();
      response.json(body);
    };

  router.param('version', (_request, _response, next, version: string) => {
    // v20.0 expired on 2026-09-24.
    const number = Number(/^v(\d+)\.0$/.exec(version)?.[1]);
    next(number >= 21 && number <= 26 ? undefined : new GraphError(2500, `Unknown path components: /${version}`));
  });
  const json = express.json({ limit: '1mb', type: () => true });

  router.post(
    '/:version/:phoneNumberId/calls',
    json,
    answer(kindOfCall, async (business, request) => callAction(deps, business, parseCall(request))),
  );
  router.get(
    '/:version/:phoneNumberId/call_permissions',
    answer('call_permissions', (business, request) => {
      limitReads(reads, business, deps.permissionReadsPerSecond);
      const { user_wa_id: waId, recipient } = request.query;
      if (typeof waId !== 'string' && typeof recipient !== 'string') {
        throw new GraphError(100, 'The parameter user_wa_id is required.');
      }
      const digits = typeof waId === 'string' ? waId.replaceAll(/\D/g, '') : undefined;
      const customer = deps.find(digits, typeof recipient === 'string' ? recipient : undefined);
      const callable = customer?.callable ?? false;
      return { body: deps.permissions.describe(business.phoneNumberId, customer?.waId ?? digits ?? '', callable) };
    }),
  );
  router.get(
    '/:version/:phoneNumberId/settings',
    answer('settings', (business) => ({ body: { calling: business.settings } })),
  );
  router.post(
    '/:version/:phoneNumberId/settings',
    json,
    answer('settings', (business, request) => {
      const changed = changeSettings(business, request.body);
      if (changed) deps.webhooks.post(settingsWebhook(business, changed, deps.clock.seconds()));
      return { body: { success: true } };
    }),
  );
  router.post(
    '/:version/:phoneNumberId/messages',
    json,
    answer('messages', (business, request) => ({ body: deps.messages.send(business, request.body) })),
  );
  router.post(
    '/:version/:phoneNumberId/media',
    express.raw({ limit: '17mb', type: () => true }),
    answer('media', async (business, request) => ({
      body: { id: deps.messages.upload(business, await readUpload(request)) },
    })),
  );
  router.get(
    '/:version/:phoneNumberId',
    answer('number', (business) => ({
      body: {
        id: business.phoneNumberId,
        display_phone_number: `+${business.displayNumber}`,
        verified_name: business.name,
        quality_rating: 'GREEN',
        platform_type: 'CLOUD_API',
        code_verification_status: 'VERIFIED',
      },
    })),
  );
  router.use((request: Request) => {
    throw new GraphError(2500, `Unknown path components: ${request.path}`);
  });
  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const graphError = asGraphError(error);
    if (!graphError) {
      next(error);
      return;
    }
    response.status(graphError.status).json(graphError.body());
  });
  return router;
}

function asGraphError(error: unknown): GraphError | undefined {
  if (error instanceof GraphError) return error;
  // express's body parsers: not JSON, too large, broken off.
  const { status } = (error ?? {}) as { status?: unknown };
  return typeof status === 'number' && status < 500 ? new GraphError(100, 'The body could not be read.') : undefined;
}

async function callAction(deps: GraphDeps, business: Business, ask: CallBody): Promise<Answer> {
  if (business.settings.sip && (business.settings.sip as { status?: unknown }).status === 'ENABLED') {
    throw new GraphError(131055, 'The calls endpoint is not available for a number with SIP enabled.');
  }
  if (ask.action === 'connect') {
    if (ask.to === undefined && ask.recipient === undefined) throw new GraphError(100, 'The parameter to is required.');
    const customer = deps.find(ask.to?.replaceAll(/\D/g, ''), ask.recipient);
    const call = await deps.calls.connect(business, customer, {
      session: ask.session,
      opaque: ask.biz_opaque_callback_data,
    });
    return { body: { messaging_product: 'whatsapp', calls: [{ id: call.id }] } };
  }
  const call = callOf(deps.calls, business, ask.call_id);
  switch (ask.action) {
    case 'pre_accept':
      if (ask.recording ?? ask.transcription) {
        throw new GraphError(100, 'recording and transcription are not allowed in pre_accept.');
      }
      await call.preAccept(checkSession(ask.session, 'answer'));
      return { body: done, beforeSending: () => call.replied('pre_accept') };
    case 'accept':
      await call.accept(checkSession(ask.session, 'answer'), ask.biz_opaque_callback_data);
      return { body: done, beforeSending: () => call.replied('accept') };
    case 'reject':
      call.reject();
      break;
    case 'terminate':
      call.terminate();
      break;
  }
  return { body: done };
}

function callOf(calls: Calls, business: Business, id: string | undefined): Call {
  if (id === undefined) throw new GraphError(100, 'The parameter call_id is required.');
  const call = calls.get(id);
  if (call?.card.business !== business) throw new GraphError(100, 'Invalid call_id.');
  return call;
}

function parseCall(request: Request): CallBody {
  const parsed = CallBody.safeParse(request.body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new GraphError(100, `Invalid parameter: ${issue?.path.join('.')} (${issue?.message}).`);
}

function kindOfCall(request: Request): GraphKind {
  const action = CallBody.shape.action.safeParse((request.body as { action?: unknown } | undefined)?.action);
  return action.success ? action.data : 'connect';
}

function authorize(request: Request, token: string): void {
  if (request.headers.authorization !== `Bearer ${token}`) {
    throw new GraphError(190, 'The access token is missing or not valid.');
  }
}

const unknownObject = (id: string): GraphError =>
  new GraphError(100, `Object with ID '${id}' does not exist, or cannot be loaded due to missing permissions.`, 33);

function limitReads(reads: Map<string, number[]>, business: Business, perSecond: number): void {
  const now = Date.now();
  const recent = (reads.get(business.phoneNumberId) ?? []).filter((time) => time > now - 1000);
  if (recent.length >= perSecond) throw new GraphError(613, 'Too many reads of call_permissions.');
  recent.push(now);
  reads.set(business.phoneNumberId, recent);
}

const refuse = (details: string): never => {
  throw new GraphError(100, details);
};

/** The multipart body: `file`, `messaging_product`, and `use_case` where it is an announcement. */
async function readUpload(request: Request): Promise<{ type: string; bytes: Buffer; voicemail: boolean }> {
  const body = request.body as Buffer;
  const form = await new globalThis.Response(new Uint8Array(body), {
    headers: { 'content-type': request.headers['content-type'] ?? '' },
  })
    .formData()
    .catch(() => refuse('The body must be multipart/form-data.'));
  if (form.get('messaging_product') !== 'whatsapp') return refuse('The parameter messaging_product is required.');
  const file = form.get('file');
  if (!(file instanceof File)) return refuse('The parameter file is required.');
  const type = form.get('type');
  return {
    type: file.type || (typeof type === 'string' ? type : ''),
    bytes: Buffer.from(await file.arrayBuffer()),
    voicemail: form.get('use_case') === 'call_voicemail_announcement',
  };
}
