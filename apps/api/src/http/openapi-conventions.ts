import type { OpenAPIObject } from '@nestjs/swagger';
import { DEAR_NOTE, PROBLEMS_NOTE, WHILE_ENROLLING_NOTE } from './api-docs';
import { PROBLEMS, problemType, type ProblemSlug } from './problems';

interface Parameter { readonly name: string; readonly in: string; readonly [more: string]: unknown }
interface Response { description: string; headers?: Record<string, unknown>; content?: Record<string, { schema: object; examples?: object }> }
interface Operation {
  operationId?: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: { $ref?: string } }> };
  responses: Record<string, Response | { readonly $ref: string }>;
  security?: unknown[];
  [note: `x-${string}`]: unknown;
}
interface Components { readonly schemas: Record<string, Schema>; readonly responses: Record<string, Response>; readonly headers: typeof HEADERS }
interface Schema { type?: unknown; properties?: Record<string, object>; additionalProperties?: unknown }

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
type Method = (typeof METHODS)[number];

const HEADERS = {
  'Rolebook-Position': { description: 'Where the log stood after the change. Hand it to any node in `Rolebook-After` to read what you wrote.', schema: { type: 'string' }, example: 'p1z' },
  'ETag': { description: 'The revision of the user, for `If-Match`.', schema: { type: 'string', pattern: '^"\\d+"$' }, example: '"7"' },
  'Location': { description: 'Where the new user is.', schema: { type: 'string', format: 'uri-reference' } },
  'Retry-After': { description: 'Seconds to wait before trying again.', required: true, schema: { type: 'integer', minimum: 1 } },
  'WWW-Authenticate': { description: 'How to sign in.', required: true, schema: { type: 'string', enum: ['Bearer'] } },
  'X-Request-Id': { description: 'Names this request in logs and in the audit log.', required: true, schema: { type: 'string' } },
} as const;
type Header = keyof typeof HEADERS;

const PARAMETERS = {
  'Idempotency-Key': { in: 'header', required: false, description: 'The same key and body within 24 hours gives the same answer and one effect, also after a crash; with another body 422.', schema: { type: 'string', minLength: 1, maxLength: 255 } },
  'If-Match': { in: 'header', required: false, description: 'The ETag last read; 412 **stale** where the user has changed since.', schema: { type: 'string' }, example: '"7"' },
  'Rolebook-After': { in: 'header', required: false, description: 'A `Rolebook-Position`: waits until the answer reflects it, 2 seconds at most, then 503 **behind**.', schema: { type: 'string', minLength: 1 }, example: 'p1' },
} as const;

/**
 * Completes the OpenAPI document with what holds for every route by convention (api.md), so that no controller repeats it and none forgets it:
 * `Idempotency-Key` on every POST, `Rolebook-After` on every GET, the headers of answers, the problems that come of a session, a body or a key.
 * Changes the document it is given, and returns it.
 */
export function withConventions(document: OpenAPIObject): OpenAPIObject {
  const components: Components = { schemas: {}, responses: {}, headers: HEADERS, ...(document.components as Partial<Components>) };
  document.components = components as unknown as NonNullable<OpenAPIObject['components']>;
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = (item as Partial<Record<Method, Operation>>)[method];
      if (operation) complete(path, method, operation, components);
    }
  }
  return document;
}

function complete(path: string, method: Method, operation: Operation, { schemas, responses }: Components): void {
  const versioned = path.startsWith('/v1/');
  const problems = problemsOf(method, operation, versioned);
  for (const name of parametersOf(method, versioned, problems)) parameter(operation, name);
  for (const id of (operation.parameters ?? []).filter((p) => p.in === 'path')) Object.assign(id, { schema: { type: 'string', format: 'uuid' } });
  for (const { schema } of Object.values(operation.requestBody?.content ?? {})) close(schema, schemas);
  for (const [status, response] of Object.entries(operation.responses as Record<string, Response>)) {
    header(response, 'X-Request-Id');
    if (versioned && method !== 'get') header(response, 'Rolebook-Position');
    if (`${path} ${status}` === '/v1/invitations 201') header(response, 'Location');
    if (isUser(response)) header(response, 'ETag');
  }
  for (const [status, slugs] of byStatus(problems)) operation.responses[status] = shared(responses, slugs);
  delete operation[PROBLEMS_NOTE];
  delete operation[WHILE_ENROLLING_NOTE];
  delete operation[DEAR_NOTE];
}

function isUser({ content }: Response): boolean {
  return JSON.stringify(content ?? {}).includes('/UserAnswer"');
}

function parametersOf(method: Method, versioned: boolean, problems: readonly ProblemSlug[]): (keyof typeof PARAMETERS)[] {
  const taken = {
    'Idempotency-Key': versioned && method === 'post',
    'Rolebook-After': versioned && method === 'get',
    'If-Match': problems.includes('stale'),
  };
  return (Object.keys(taken) as (keyof typeof taken)[]).filter((name) => taken[name]);
}

/** The problems a route can give: its own, and those that come of what it takes. */
function problemsOf(method: Method, operation: Operation, versioned: boolean): ProblemSlug[] {
  const own = (operation[PROBLEMS_NOTE] ?? []) as ProblemSlug[];
  if (!versioned) return operation[PROBLEMS_NOTE] === undefined ? [] : [...own, 'validation'];
  const signedIn = (operation.security ?? []).length > 0;
  const all: ProblemSlug[] = [...own, 'validation', 'uri-too-long', 'headers-too-large', 'internal', 'unavailable'];
  if (signedIn) all.push('unauthenticated');
  if (signedIn && operation[WHILE_ENROLLING_NOTE] !== true) all.push('two-factor-enrolment-required');
  if (method !== 'get') all.push('payload-too-large', 'unsupported-media-type', 'invalid-json'); // a body is read before it is known to be unwanted
  if (method === 'post') all.push('idempotency-key-reused');
  if (method === 'get') all.push('behind');
  if (operation[DEAR_NOTE] === true) all.push('too-many-attempts');
  return [...new Set(all)];
}

function byStatus(problems: readonly ProblemSlug[]): Map<number, ProblemSlug[]> {
  const grouped = new Map<number, ProblemSlug[]>();
  for (const slug of problems) grouped.set(PROBLEMS[slug][0], [...(grouped.get(PROBLEMS[slug][0]) ?? []), slug]);
  return grouped;
}

/** Routes that give the same problems share one description of them: the document stays small enough to browse. */
function shared(responses: Components['responses'], slugs: readonly ProblemSlug[]): { readonly $ref: string } {
  const name = `${PROBLEMS[slugs[0]!][0]}-${[...slugs].sort().join('.')}`;
  responses[name] ??= problemResponse([...slugs].sort());
  return { $ref: `#/components/responses/${name}` };
}

function problemResponse(slugs: readonly ProblemSlug[]): Response {
  const status = PROBLEMS[slugs[0]!][0];
  const response: Response = {
    description: slugs.map((slug) => `**${problemType(slug).split(':').at(-1)}**: ${PROBLEMS[slug][1]}.`).join(' '),
    content: {
      'application/problem+json': {
        schema: { allOf: [{ $ref: '#/components/schemas/ProblemAnswer' }], properties: { type: { enum: slugs.map(problemType) }, status: { const: status } } },
        examples: Object.fromEntries(slugs.map((slug) => [slug, { value: exampleOf(slug) }])),
      },
    },
  };
  header(response, 'X-Request-Id');
  if (status === 401) header(response, 'WWW-Authenticate');
  if (status === 429 || status === 503) header(response, 'Retry-After');
  return response;
}

function exampleOf(slug: ProblemSlug): object {
  const [status, title] = PROBLEMS[slug];
  const errors = slug === 'validation' ? { errors: [{ pointer: '#/email', message: 'must be an e-mail address' }] } : {};
  return { type: problemType(slug), title, status, detail: title, requestId: '3f0c2b4e-8d5a-4f39-9a35-0a4de9a1c1f7', ...errors };
}

function parameter(operation: Operation, name: keyof typeof PARAMETERS): void {
  operation.parameters = [...(operation.parameters ?? []).filter((p) => p.name !== name), { name, ...PARAMETERS[name] }];
}

function header(response: Response, name: Header): void {
  response.headers = { ...response.headers, [name]: { $ref: `#/components/headers/${name}` } };
}

/** An unknown field of a request is refused, so its schema says so. */
function close(schema: { $ref?: string }, schemas: Record<string, Schema>): void {
  const named = schema.$ref && schemas[schema.$ref.split('/').at(-1)!];
  if (!named || named.additionalProperties !== undefined) return;
  named.additionalProperties = false;
  for (const property of Object.values(named.properties ?? {})) close(property, schemas);
}
