import { z } from 'zod';
import { WireFault } from '../../control/contract/fault.ts';
import { Login, logoutPath, routes } from '../../control/contract/rest.ts';
import {
  CallHistoryEntry,
  CallView,
  ConversationView,
  MessageView,
  NumberView,
  PermissionView,
  UserView,
} from '../../control/contract/views.ts';
import { csrfHeader } from './session.ts';

type Json = Record<string, unknown>;
type Side = 'input' | 'output';

/** What is worth a name in the document; the rest stands where it is used. */
const named = {
  UserView,
  NumberView,
  PermissionView,
  ConversationView,
  CallView,
  CallHistoryEntry,
  MessageView,
  WireFault,
};

type Operation = {
  id: string;
  method: string;
  path: string;
  summary: string;
  params: z.ZodObject;
  query: z.ZodObject;
  body: z.ZodObject;
  reply: z.ZodObject;
  open?: boolean;
};

const none = z.object({});
const operations: readonly Operation[] = [
  ...Object.entries(routes).map(([id, route]) => Object.assign({ id }, route)),
  {
    id: 'login',
    method: 'post',
    path: Login.path,
    summary: 'Sign in; makes the session cookie',
    params: none,
    query: none,
    body: Login.body,
    reply: Login.reply,
    open: true,
  },
  {
    id: 'logout',
    method: 'post',
    path: logoutPath,
    summary: 'Sign out; ends the session',
    params: none,
    query: none,
    body: none,
    reply: none,
  },
];

/** OpenAPI 3.1 of the console's API, made from the same table that mounts it. */
export function openApiDocument(publicUrl: string): Json {
  const convert = createConverter();
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: describe(operation, convert) };
  }
  convert(WireFault, 'output');
  return {
    openapi: '3.1.0',
    info: { title: 'Switchboard', version: '1', description: 'WhatsApp calls in the browser: the API of the console.' },
    servers: [{ url: publicUrl }],
    security: [{ session: [] }],
    paths,
    components: {
      schemas: convert.schemas,
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: cookieNameOf(publicUrl) } },
    },
  };
}

const cookieNameOf = (publicUrl: string): string =>
  publicUrl.startsWith('https:') ? '__Host-switchboard' : 'switchboard';

function describe(operation: Operation, convert: Converter): Json {
  const changes = operation.method !== 'get';
  const takesBody = Object.keys(operation.body.shape).length > 0;
  const body = {
    requestBody: { required: true, content: { 'application/json': { schema: convert(operation.body, 'input') } } },
  };
  const token = {
    name: csrfHeader,
    in: 'header',
    required: true,
    description: `The token that every answer of /api/me and ${Login.path} carries in the same header.`,
    schema: { type: 'string' },
  };
  return {
    operationId: operation.id,
    summary: operation.summary,
    parameters: [
      ...parametersOf(operation.params, 'path', convert),
      ...parametersOf(operation.query, 'query', convert),
      ...(changes && !operation.open ? [token] : []),
    ],
    ...(takesBody && body),
    ...(operation.open && { security: [] }),
    responses: {
      200: { description: 'Done', content: { 'application/json': { schema: convert(operation.reply, 'output') } } },
      default: {
        description: 'Refused or failed; the code says why, the message says it to people',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/WireFault' } } },
      },
    },
  };
}

function parametersOf(schema: z.ZodObject, place: 'path' | 'query', convert: Converter): Json[] {
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, type]) => ({
    name,
    in: place,
    // What has a default may be left out.
    required: place === 'path' || !type.safeParse(undefined).success,
    schema: convert(type, 'input'),
  }));
}

type Converter = ((schema: z.ZodType, side: Side) => Json) & { schemas: Record<string, Json> };

/** zod to JSON Schema 2020-12, which is the dialect of OpenAPI 3.1. Named schemas are gathered in `schemas`. */
function createConverter(): Converter {
  const registry = z.registry<{ id?: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const schemas: Record<string, Json> = {};
  const convert = (schema: z.ZodType, side: Side): Json => {
    const result = z.toJSONSchema(schema, { metadata: registry, io: side, unrepresentable: 'any' }) as Json;
    const { $schema: _, $defs, id, ...own } = pointToComponents(result) as Json;
    for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, Json>)) {
      const { id: __, ...rest } = definition;
      schemas[name] ??= rest;
    }
    if (typeof id !== 'string') return own;
    schemas[id] ??= own;
    return { $ref: `#/components/schemas/${id}` };
  };
  return Object.assign(convert, { schemas });
}

function pointToComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointToComponents);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string'
        ? [key, inner.replace('#/$defs/', '#/components/schemas/')]
        : [key, pointToComponents(inner)],
    ),
  );
}
