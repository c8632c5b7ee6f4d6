import { z } from 'zod';
import { Fault } from '../../control/contract/fault.ts';
import type { CarrierLine, CarrierParty, CarrierPermission, CarrierPort } from '../../control/ports.ts';
import type { Log } from '../../ops/runtime/log.ts';
import type { HttpClient } from '../http/client.ts';
import type { Metrics } from '../metrics.ts';
import { createGraphRequest, type GraphRequest } from './graph-request.ts';
import { read } from './read.ts';

const Done = z.looseObject({ success: z.literal(true) });
const Placed = z.looseObject({ calls: z.tuple([z.looseObject({ id: z.string().min(1) })], z.unknown()) });
const Sent = z.looseObject({ messages: z.tuple([z.looseObject({ id: z.string().min(1) })], z.unknown()) });
const PhoneNumber = z.looseObject({ display_phone_number: z.string().min(1), verified_name: z.string().nullish() });
const CallingSettings = z.looseObject({ calling: z.looseObject({ status: z.string() }).nullish() });

const seconds = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).nullish();
const PermissionReply = z.looseObject({
  // Meta's sample says `expiration_time`, its table `expiration`.
  permission: z.looseObject({ status: z.string(), expiration_time: seconds, expiration: seconds }),
  actions: z
    .array(
      z.looseObject({
        action_name: z.string(),
        can_perform_action: z.boolean(),
        limits: z.array(z.looseObject({ limit_expiration_time: seconds })).nullish(),
      }),
    )
    .nullish(),
});

const product = { messaging_product: 'whatsapp' } as const;

/** WhatsApp Business Calling API over Meta's Graph API. */
export function createCarrier(parts: { graphUrl: string; http: HttpClient; log: Log; metrics: Metrics }): CarrierPort {
  const request = createGraphRequest(parts);
  return { ...callActions(request), ...messageActions(request), ...numberActions(request), read };
}

type CallAction = 'pre_accept' | 'accept' | 'reject' | 'terminate';

function callActions(request: GraphRequest) {
  const act = async (line: CarrierLine, action: CallAction, carrierCallId: string, sdp?: string): Promise<void> => {
    const session = sdp === undefined ? {} : { session: { sdp_type: 'answer', sdp } };
    const body = { ...product, call_id: carrierCallId, action, ...session };
    await request(line, { action, method: 'POST', path: 'calls', body }, Done);
  };
  /** A call that is over is what both of these want. */
  const end = async (line: CarrierLine, action: 'reject' | 'terminate', carrierCallId: string): Promise<void> => {
    try {
      await act(line, action, carrierCallId);
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'carrier/call-over')) throw error;
    }
  };
  return {
    preAccept: (line, carrierCallId, sdp) => act(line, 'pre_accept', carrierCallId, sdp),
    accept: (line, carrierCallId, sdp) => act(line, 'accept', carrierCallId, sdp),
    reject: (line, carrierCallId) => end(line, 'reject', carrierCallId),
    terminate: (line, carrierCallId) => end(line, 'terminate', carrierCallId),
    async connect(line, to, sdp, opaque) {
      const body = {
        ...product,
        ...addressOf(to),
        action: 'connect',
        session: { sdp_type: 'offer', sdp },
        biz_opaque_callback_data: opaque,
      };
      const reply = await request(line, { action: 'connect', method: 'POST', path: 'calls', body }, Placed);
      return { carrierCallId: reply.calls[0].id };
    },
  } satisfies Partial<CarrierPort>;
}

function messageActions(request: GraphRequest) {
  const send = async (
    line: CarrierLine,
    action: 'send_text' | 'request_permission',
    to: CarrierParty,
    content: Record<string, unknown>,
  ): Promise<{ carrierMessageId: string }> => {
    const body = { ...product, recipient_type: 'individual', ...addressOf(to), ...content };
    const reply = await request(line, { action, method: 'POST', path: 'messages', body }, Sent);
    return { carrierMessageId: reply.messages[0].id };
  };
  return {
    sendText: (line, to, text) =>
      send(line, 'send_text', to, { type: 'text', text: { body: text, preview_url: false } }),
    requestPermission: (line, to, text) =>
      send(line, 'request_permission', to, {
        type: 'interactive',
        interactive: {
          type: 'call_permission_request',
          action: { name: 'call_permission_request' },
          ...(text !== null && { body: { text } }),
        },
      }),
  } satisfies Partial<CarrierPort>;
}

function numberActions(request: GraphRequest) {
  return {
    async permission(line, of) {
      const who: Record<string, string> = of.phone === null ? { recipient: userIdOf(of) } : { user_wa_id: of.phone };
      const path = `call_permissions?${new URLSearchParams(who).toString()}`;
      return permissionOf(await request(line, { action: 'permission', method: 'GET', path }, PermissionReply));
    },
    async setCalling(line, enabled) {
      const body = { calling: { status: enabled ? 'ENABLED' : 'DISABLED' } };
      await request(line, { action: 'set_calling', method: 'POST', path: 'settings', body }, Done);
    },
    async callingEnabled(line) {
      const ask = { action: 'get_calling', method: 'GET', path: 'settings' } as const;
      const { calling } = await request(line, ask, CallingSettings);
      return calling?.status.toUpperCase() === 'ENABLED';
    },
    async describe(line) {
      const ask = { action: 'describe', method: 'GET', path: '?fields=display_phone_number,verified_name' } as const;
      const number = await request(line, ask, PhoneNumber);
      return { displayNumber: number.display_phone_number, name: number.verified_name ?? null };
    },
  } satisfies Partial<CarrierPort>;
}

function permissionOf({ permission, actions }: z.infer<typeof PermissionReply>): CarrierPermission {
  const status = permission.status.toLowerCase();
  const find = (name: string) => actions?.find((action) => action.action_name === name);
  const call = find('start_call');
  const ask = find('send_call_permission_request');
  const blocked = [call, ask].filter((action) => action?.can_perform_action === false);
  const until = blocked.flatMap((action) => action?.limits ?? []).map((limit) => limit.limit_expiration_time ?? 0);
  const expiresAt = permission.expiration_time ?? permission.expiration ?? null;
  const latest = Math.max(0, ...until);
  return {
    status: status === 'temporary' || status === 'permanent' ? status : 'none',
    expiresAt: expiresAt === null || status === 'permanent' ? null : expiresAt * 1000,
    canRequest: ask?.can_perform_action ?? false,
    canCall: call?.can_perform_action ?? false,
    blockedUntil: latest > 0 ? latest * 1000 : null,
  };
}

/** The phone number where it is known: with both given Meta takes that one anyway. */
const addressOf = (to: CarrierParty): { to: string } | { recipient: string } =>
  to.phone === null ? { recipient: userIdOf(to) } : { to: to.phone };

function userIdOf({ userId }: CarrierParty): string {
  if (userId === null)
    throw new Fault('carrier/not-callable', 'The customer has neither a phone number nor a WhatsApp id.');
  return userId;
}
