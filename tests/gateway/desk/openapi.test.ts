import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { Login, logoutPath, routes } from '../../../control/contract/rest.ts';
import { openApiDocument } from '../../../gateway/desk/openapi.ts';

type Parameter = { name: string; in: string; required: boolean; schema: object };
type Operation = {
  operationId: string;
  summary: string;
  parameters: Parameter[];
  requestBody?: { content: { 'application/json': { schema: object } } };
  responses: Record<string, { description: string; content: { 'application/json': { schema: object } } }>;
  security?: unknown[];
};
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
};

const openapi = suite('the OpenAPI document');
const document = openApiDocument('https://calls.example.org') as unknown as Document;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);
const templateOf = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}');

openapi('has every route of the table, and no other', () => {
  const expected = [
    ...Object.values(routes).map(({ method, path }) => `${method} ${templateOf(path)}`),
    `post ${Login.path}`,
    `post ${logoutPath}`,
  ];
  assert.equal(operations.map(({ method, path }) => `${method} ${path}`).toSorted(), expected.toSorted());
});

openapi('names each operation once', () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  assert.is(new Set(ids).size, ids.length);
  for (const name of Object.keys(routes)) assert.ok(ids.includes(name), name);
});

openapi('describes every part of a path, and says what may be left out', () => {
  for (const { path, operation } of operations) {
    const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
    const wanted = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    assert.equal(
      inPath.map(({ name }) => name),
      wanted,
      path,
    );
    assert.ok(inPath.every(({ required }) => required));
  }
  const list = document.paths['/api/calls']?.['get'];
  const limit = list?.parameters.find(({ name }) => name === 'limit');
  assert.equal([limit?.required, limit?.schema], [false, { type: 'integer', minimum: 1, maximum: 100, default: 50 }]);
});

openapi('asks for the token wherever something changes', () => {
  for (const { method, path, operation } of operations) {
    const hasToken = operation.parameters.some(({ name }) => name === 'x-csrf-token');
    assert.is(hasToken, method !== 'get' && path !== Login.path, `${method} ${path}`);
  }
  assert.equal(document.paths[Login.path]?.['post']?.security, []);
});

openapi('points at nothing that is missing', () => {
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
  assert.ok(refs.length > 10);
  for (const ref of refs) {
    assert.match(ref, /^#\/components\/schemas\//);
    assert.ok(document.components.schemas[ref.slice('#/components/schemas/'.length)], ref);
  }
});

openapi('is the schema that replies are checked with', () => {
  for (const [name, { method, path, reply }] of Object.entries(routes)) {
    const operation = document.paths[templateOf(path)]?.[method];
    const schema = operation?.responses['200']?.content['application/json'].schema;
    assert.ok(schema, name);
    const properties = (schema as { properties: object }).properties;
    assert.equal(Object.keys(properties), Object.keys(reply.shape), name);
  }
});

openapi('holds schemas that accept what the contract accepts', () => {
  const refsToDefs = JSON.parse(
    JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', '#/$defs/'),
  ) as Record<string, object>;
  const user = {
    id: 'user_01m82yqekast5ned4trcfj9j2s',
    workspaceId: 'ws_01m82yqejmm2dvqeemcteb85ty',
    workspaceName: 'Test',
    name: 'Ada',
    email: 'ada@example.org',
    role: 'operator',
  };
  const schema = z.fromJSONSchema({ ...refsToDefs['UserView'], $defs: refsToDefs } as never);
  assert.ok(schema.safeParse(user).success);
  assert.not.ok(schema.safeParse({ ...user, role: 'king' }).success);
  assert.not.ok(schema.safeParse({ ...user, id: 'user_1' }).success);
});

openapi('is of version 3.1 and made for machines', () => {
  assert.is(document.openapi, '3.1.0');
  assert.equal(JSON.parse(JSON.stringify(document)), document);
  for (const { operation } of operations) {
    assert.ok(operation.summary.length > 0);
    assert.ok(operation.responses['default']?.description);
  }
  assert.not.match(JSON.stringify(document), '$defs');
});

openapi.run();
