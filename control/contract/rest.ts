import { z } from 'zod';
import { CallId, ConversationId, NumberId } from './ids.ts';
import {
  CallDirection,
  CallHistoryEntry,
  CallView,
  ConversationView,
  Disposition,
  MessageView,
  NumberView,
  UserView,
} from './views.ts';

const none = z.object({});
/** Opaque: pass it back to get the next page. */
const Cursor = z.string().max(200);
const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: Cursor.nullable() });
const paging = { cursor: Cursor.optional(), limit: z.coerce.number().int().min(1).max(100).default(50) };

/** E.164 with or without the plus, spaces, dashes and brackets that people type. Kept as digits. */
export const PhoneNumber = z
  .string()
  .transform((text) => text.replace(/[\s().+-]/g, ''))
  .pipe(z.string().regex(/^[1-9]\d{6,14}$/, 'not a phone number with its country code'));

type Route = {
  method: 'get' | 'post' | 'patch' | 'delete';
  path: string;
  summary: string;
  params: z.ZodObject;
  query: z.ZodObject;
  body: z.ZodObject;
  reply: z.ZodObject;
};
const route = <const R extends Pick<Route, 'method' | 'path' | 'summary' | 'reply'> & Partial<Route>>(definition: R) =>
  ({
    params: none,
    query: none,
    body: none,
    ...definition,
  }) as Omit<Route, keyof R> & R;

const ofConversation = z.object({ conversationId: ConversationId });

/**
 * The console's REST API, and its one description: the gateway mounts it, /api/openapi.json is made
 * from it, the console calls it. Refusals are a `WireFault` with the status of `httpStatusOf`.
 */
export const routes = {
  me: route({ method: 'get', path: '/api/me', summary: 'Who is signed in', reply: z.object({ user: UserView }) }),
  'numbers:list': route({
    method: 'get',
    path: '/api/numbers',
    summary: 'The numbers of the workspace',
    reply: z.object({ items: z.array(NumberView) }),
  }),
  'numbers:set-calling': route({
    method: 'patch',
    path: '/api/numbers/:numberId/calling',
    summary: 'Switch calling on or off at Meta; saved as Meta confirmed it',
    params: z.object({ numberId: NumberId }),
    body: z.object({ enabled: z.boolean() }),
    reply: z.object({ number: NumberView }),
  }),
  'conversations:list': route({
    method: 'get',
    path: '/api/conversations',
    summary: 'Conversations, latest activity first',
    query: z.object({ ...paging, search: z.string().max(100).optional() }),
    reply: page(ConversationView),
  }),
  'conversations:start': route({
    method: 'post',
    path: '/api/conversations',
    summary: 'The conversation with a phone number, made if there is none',
    body: z.object({ phone: PhoneNumber, name: z.string().max(100).optional(), numberId: NumberId.optional() }),
    reply: z.object({ conversation: ConversationView }),
  }),
  'conversations:get': route({
    method: 'get',
    path: '/api/conversations/:conversationId',
    summary: 'One conversation',
    params: ofConversation,
    reply: z.object({ conversation: ConversationView }),
  }),
  'conversations:thread': route({
    method: 'get',
    path: '/api/conversations/:conversationId/thread',
    summary: 'Messages, calls and notes, newest first',
    params: ofConversation,
    query: z.object(paging),
    reply: page(MessageView),
  }),
  'conversations:read': route({
    method: 'post',
    path: '/api/conversations/:conversationId/read',
    summary: 'Mark as read',
    params: ofConversation,
    reply: z.object({ conversation: ConversationView }),
  }),
  'conversations:send': route({
    method: 'post',
    path: '/api/conversations/:conversationId/messages',
    summary: 'Send a text to the customer',
    params: ofConversation,
    body: z.object({ text: z.string().trim().min(1).max(4096) }),
    reply: z.object({ message: MessageView }),
  }),
  'conversations:note': route({
    method: 'post',
    path: '/api/conversations/:conversationId/notes',
    summary: 'Write a note that only the team sees',
    params: ofConversation,
    body: z.object({ text: z.string().trim().min(1).max(4096) }),
    reply: z.object({ message: MessageView }),
  }),
  'conversations:request-permission': route({
    method: 'post',
    path: '/api/conversations/:conversationId/permission-request',
    summary: 'Ask the customer for permission to call',
    params: ofConversation,
    body: z.object({ text: z.string().trim().min(1).max(1024).optional() }),
    reply: z.object({ conversation: ConversationView }),
  }),
  'calls:list': route({
    method: 'get',
    path: '/api/calls',
    summary: 'The call log, latest first; in progress from the first ring',
    query: z.object({
      ...paging,
      conversationId: ConversationId.optional(),
      direction: CallDirection.optional(),
      disposition: Disposition.optional(),
    }),
    reply: page(CallView),
  }),
  'calls:get': route({
    method: 'get',
    path: '/api/calls/:callId',
    summary: 'One call with its whole history',
    params: z.object({ callId: CallId }),
    reply: z.object({ call: CallView, history: z.array(CallHistoryEntry) }),
  }),
} as const;

export type RouteName = keyof typeof routes;
export type RouteParams<N extends RouteName> = z.infer<(typeof routes)[N]['params']>;
export type RouteQuery<N extends RouteName> = z.infer<(typeof routes)[N]['query']>;
export type RouteBody<N extends RouteName> = z.infer<(typeof routes)[N]['body']>;
export type RouteReply<N extends RouteName> = z.infer<(typeof routes)[N]['reply']>;

/**
 * Signing in lives beside the table: it makes the session that the table needs.
 * Every answer of `/api/me` and `/api/login` carries a CSRF token in `x-csrf-token`; whatever is
 * not a GET sends it back in the same header.
 */
export const Login = {
  path: '/api/login',
  body: z.object({ email: z.string().max(200), password: z.string().max(200) }),
  reply: z.object({ user: UserView }),
} as const;
export const logoutPath = '/api/logout';
