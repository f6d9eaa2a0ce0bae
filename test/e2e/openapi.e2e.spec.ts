import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020';
import { business, problemOf, Service, SETUP_TOKEN, type Business } from './harness';
import { OpenApiChecker, type ApiDocument } from './openapi-checker';
import { routesOf } from './routes';

interface Documented extends ApiDocument { readonly openapi: string; readonly tags: { name: string }[] }
interface Operation { operationId: string; tags: string[]; summary?: string; security?: object[]; parameters?: { name: string; in: string; required?: boolean; schema: object }[]; requestBody?: object; responses: Record<string, { description: string; headers?: object; content?: Record<string, { schema: { properties?: { type: { enum: string[] } } } }> }> }

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

describe('the OpenAPI document', () => {
  let service: Service;
  let biz: Business;
  let document: Documented;
  let operations: { route: string; operation: Operation }[];

  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
    document = (await service.call('GET', '/openapi.json')).body as Documented;
    operations = Object.entries(document.paths).flatMap(([path, item]) => METHODS.flatMap((method) => (item[method] ? [{ route: `${method.toUpperCase()} ${path}`, operation: resolved(item[method]) }] : [])));
  });
  afterAll(() => service.dispose());

  /** With the responses that several routes share put in. */
  const resolved = (operation: ApiDocument['paths'][string][string]): Operation => ({
    ...operation, responses: Object.fromEntries(Object.entries(operation.responses).map(([status, response]) => [status, response.$ref ? document.components.responses[response.$ref.split('/').at(-1)!] : response])),
  } as unknown as Operation);
  const of = (route: string): Operation => {
    const found = operations.find((operation) => operation.route === route);
    if (!found) throw new Error(`${route} is not documented`);
    return found.operation;
  };
  const under = (kind: string) => operations.filter(({ route }) => route.startsWith(`${kind} /v1/`));
  const without = (kind: string, has: (operation: Operation) => boolean) => under(kind).filter(({ operation }) => !has(operation)).map(({ route }) => route);
  const takes = (name: string) => (operation: Operation) => (operation.parameters ?? []).some((p) => p.name === name);
  const slugs = (operation: Operation) => Object.values(operation.responses).flatMap(({ content }) => (content?.['application/problem+json']?.schema.properties?.type.enum ?? []).map((type) => type.split(':').at(-1)));

  it('is well-formed OpenAPI 3.1', async () => {
    expect(document.openapi).toBe('3.1.0');
    expect(await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>)).toEqual({ valid: true });
  });

  it('names every route that is served, and serves every route that it names', () => {
    const served = routesOf(service.http).filter((route) => !route.startsWith('GET /docs/'));
    expect(operations.map(({ route }) => route).sort()).toEqual(served.sort());
  });

  it('gives every operation an id of its own, a known tag and an answer', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = new Set(document.tags.map(({ name }) => name));
    expect(operations.filter(({ operation }) => !operation.tags.every((tag) => tags.has(tag)) || operation.tags.length !== 1).map(({ route }) => route)).toEqual([]);
    expect(operations.filter(({ operation }) => !Object.keys(operation.responses).some((status) => status < '400')).map(({ route }) => route)).toEqual([]);
  });

  it('does not rename operations that clients are generated from', () => {
    const ids = Object.fromEntries(operations.map(({ route, operation }) => [route, operation.operationId]));
    expect(ids).toMatchObject({
      'POST /v1/businesses': 'businessesCreate', 'POST /v1/auth/sign-in': 'authSignIn', 'POST /v1/auth/refresh': 'authRefresh', 'POST /v1/auth/sign-out': 'authSignOut',
      'GET /v1/authorization': 'authorizationCheck', 'POST /v1/invitations': 'invitationsInvite', 'POST /v1/users/{id}/invitation/resend': 'invitationsResend',
      'DELETE /v1/users/{id}/invitation': 'invitationsWithdraw', 'POST /v1/invitations/preview': 'invitationsPreview', 'POST /v1/invitations/accept': 'invitationsAccept',
      'GET /v1/users': 'usersList', 'GET /v1/users/{id}': 'usersGet', 'PATCH /v1/users/{id}': 'usersEdit', 'PUT /v1/users/{id}/role': 'usersChangeRole',
      'GET /v1/users/{id}/permissions': 'usersPermissions', 'PATCH /v1/users/{id}/permissions': 'usersOverride', 'POST /v1/users/{id}/deactivate': 'usersDeactivate',
      'POST /v1/users/{id}/reactivate': 'usersReactivate', 'GET /v1/me': 'meGet', 'PATCH /v1/me': 'meEdit', 'GET /v1/me/permissions': 'mePermissions', 'GET /v1/roles': 'rolesList',
      'PUT /v1/users/{id}/avatar': 'userAvatarChange', 'GET /v1/users/{id}/avatar': 'userAvatarGet', 'DELETE /v1/users/{id}/avatar': 'userAvatarRemove',
      'GET /v1/users/{id}/sessions': 'userSessionsList', 'GET /v1/me/sessions': 'mySessionsList', 'GET /health/live': 'healthLive', 'GET /health/ready': 'healthReady',
    });
  });

  it('says what holds by convention: keys, positions, dry runs, headers of answers', () => {
    expect(without('POST', takes('Idempotency-Key'))).toEqual([]);
    expect(without('POST', (operation) => slugs(operation).includes('idempotency-key-reused'))).toEqual([]);
    expect(without('GET', takes('Rolebook-After'))).toEqual([]);
    for (const kind of ['POST', 'PUT', 'PATCH', 'DELETE']) expect([kind, without(kind, takes('dryRun'))]).toEqual([kind, []]);
    expect(Object.keys(of('POST /v1/invitations').responses['201']!.headers!).sort()).toEqual(['ETag', 'Location', 'Rolebook-Position', 'X-Request-Id']);
    expect(Object.keys(of('GET /v1/users/{id}').responses['200']!.headers!).sort()).toEqual(['ETag', 'X-Request-Id']);
    expect(Object.keys(of('POST /v1/auth/sign-in').responses['429']!.headers!).sort()).toEqual(['Retry-After', 'X-Request-Id']);
    expect(takes('If-Match')(of('PUT /v1/users/{id}/role'))).toBe(true);
  });

  /** All of these were once refused by the service and allowed by its document; schemathesis found them. */
  it.each([
    ['an empty telephone number', 'PATCH /v1/me', { phone: '' }], ['a name of controls', 'PATCH /v1/me', { displayName: '\u0089' }], ['a name of spaces', 'PATCH /v1/me', { displayName: '  ' }],
    ['a reason that turns the direction', 'POST /v1/users/{id}/deactivate', { reason: '\u202e' }], ['an empty token', 'POST /v1/auth/refresh', { refreshToken: '' }],
    ['both codes at once', 'POST /v1/auth/two-factor', { challenge: 'x', code: '492039', recoveryCode: '7q2k-x0fm-9t4c-hw3z-e51n-rb8v' }], ['no code', 'POST /v1/auth/two-factor', { challenge: 'x' }],
    ['an owner with a short password', 'POST /v1/businesses', { name: 'Biz', slug: 'biz', owner: { email: 'o@biz.example', displayName: 'Olive', password: 'fourteen chars' } }],
  ])('says that a body is wrong that is refused: %s', async (_what, route, body) => {
    const [method, path] = route.split(' ') as [string, string];
    const ajv = new Ajv2020({ strict: false, formats: { 'idn-email': true, password: true } }).addSchema(document, 'api');
    const pointer = ['paths', path, method.toLowerCase(), 'requestBody', 'content', 'application/json', 'schema'].map((part) => encodeURIComponent(part.replaceAll('/', '~1'))).join('/');
    expect(ajv.validate({ $ref: `api#/${pointer}` }, body)).toBe(false);
    const answer = await service.call(method, path.replace('{id}', biz.owner.id), body, { token: biz.owner.token, headers: { 'setup-token': SETUP_TOKEN } });
    expect(problemOf(answer)).toBe('validation');
  });

  it.each([['GET /v1/users', 'q'], ['GET /v1/users', 'cursor'], ['GET /v1/users', 'status'], ['GET /v1/me/avatar', 'v'], ['GET /v1/audit', 'actor'], ['GET /v1/audit', 'action'], ['GET /v1/me', 'Rolebook-After']])('says that a parameter is not empty: %s %s', (route, name) => {
    const { schema } = of(route).parameters!.find((parameter) => parameter.name === name)!;
    expect(new Ajv2020({ strict: false }).validate(schema, '')).toBe(false);
  });

  it('says which routes need a session, and what comes of having none', () => {
    const open = operations.filter(({ route, operation }) => route.includes(' /v1/') && !operation.security?.length).map(({ route }) => route);
    expect(open.filter((route) => !/ \/v1\/(businesses|auth\/|invitations\/(preview|accept))/.test(route))).toEqual([]);
    const closed = operations.filter(({ operation }) => (operation.security ?? []).length > 0);
    expect(closed.filter(({ operation }) => !slugs(operation).includes('unauthenticated')).map(({ route }) => route)).toEqual([]);
  });

  it('lists the problems of a route by name', () => {
    expect(slugs(of('PUT /v1/users/{id}/role')).sort()).toEqual(['forbidden', 'headers-too-large', 'internal', 'invalid-json', 'last-super-admin', 'not-active', 'not-found', 'payload-too-large',
      'stale', 'two-factor-enrolment-required', 'unauthenticated', 'unavailable', 'unsupported-media-type', 'uri-too-long', 'validation']);
  });

  it('answers a browser with the page', async () => {
    const page = await service.call('GET', '/docs');
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.text).toContain('swagger-ui');
  });

  describe('holds answers to it: what the harness does with each', () => {
    let checker: OpenApiChecker;
    beforeAll(() => { checker = new OpenApiChecker(document); });

    const me = async () => ({ method: 'GET', path: '/v1/me', sent: undefined, ...(await service.call('GET', '/v1/me', undefined, { token: biz.owner.token })) });

    it('takes one that fits', async () => {
      const answer = await me();
      expect(() => checker.check(answer)).not.toThrow();
    });

    it.each([
      ['a field that is not documented', (body: object) => ({ ...body, passwordHash: 'x' })],
      ['a missing field', ({ permissions: _, ...body }: { permissions?: object }) => body],
      ['another type', (body: object) => ({ ...body, revision: '1' })],
      ['a word of no list', (body: object) => ({ ...body, status: 'gone' })],
    ])('notices %s', async (_what, spoil) => {
      const answer = await me();
      expect(() => checker.check({ ...answer, body: spoil(answer.body as object) })).toThrow('does not fit');
    });

    it('notices an undocumented status, media type and route', async () => {
      const answer = await me();
      expect(() => checker.check({ ...answer, status: 418 })).toThrow('status is not documented');
      expect(() => checker.check({ ...answer, headers: { ...answer.headers, 'content-type': 'text/plain' } })).toThrow('text/plain is not documented');
      expect(() => checker.check({ ...answer, path: '/v1/nowhere' })).toThrow('route is not documented');
    });
  });
});
