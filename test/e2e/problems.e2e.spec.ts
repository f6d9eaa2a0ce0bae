import { business, problemOf, Service, type Business } from './harness';
import { rawHttp, requestText, type RawAnswer } from './raw-http';

describe('whatever goes wrong is a problem document', () => {
  let service: Service;
  let biz: Business;
  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
  });
  afterAll(() => service.dispose());

  const raw = (line: string, headers: Record<string, string> = {}, body = '') => rawHttp(service, requestText(line, headers, body));
  const asOwner = () => ({ Authorization: `Bearer ${biz.owner.token}` });
  /** Status and slug; the document must be whole, name its own request, and let nothing out of the machinery. */
  const problem = ({ status, headers, body }: RawAnswer): string => {
    expect(headers['content-type']).toBe('application/problem+json');
    const document = JSON.parse(body) as { type: string; requestId: string };
    expect(document).toEqual({ type: expect.stringMatching(/^urn:rolebook:problem:/), title: expect.any(String), status, detail: expect.any(String), requestId: headers['x-request-id'], ...('errors' in document ? { errors: expect.any(Array) } : {}) });
    expect(body).not.toMatch(/FST_|node_modules|at \w+ \(|Nest|fastify/i);
    return `${status} ${document.type.split(':').at(-1)}`;
  };

  describe('paths and methods', () => {
    it.each([
      ['an unknown path', 'GET /v1/nowhere'], ['one asked by QUERY', 'QUERY /v1/nowhere'], ['the root', 'GET /'], ['a slash at the end', 'GET /v1/me/'], ['two slashes', 'GET /v1//me'], ['two slashes in front', 'GET //v1/me'],
      ['an encoded slash', 'GET /v1%2Fme'], ['another case', 'GET /V1/ME'], ['dots', 'GET /v1/../v1/me'], ['a parameter of a path', 'GET /v1/me;admin=1'], ['the data folder', 'GET /../../etc/passwd'],
    ])('%s is not found, signed in or not', async (_what, line) => {
      expect(problem(await raw(line))).toBe('404 not-found');
      expect(problem(await raw(line, asOwner()))).toBe('404 not-found');
    });

    it('an encoded letter is that letter, and as closed', async () => {
      expect(problem(await raw('GET /v1/%6De'))).toBe('401 unauthenticated');
      expect((await raw('GET /v1/%6De', asOwner())).status).toBe(200);
    });

    it.each([['DELETE /v1/users', 'GET, HEAD'], ['OPTIONS /v1/invitations', 'POST'], ['TRACE /v1/me', 'GET, HEAD, PATCH'], ['POST /v1/roles', 'GET, HEAD'], ['PUT /v1/users/x', 'GET, HEAD, PATCH'], ['QUERY /v1/users', 'GET, HEAD']])('%s is a wrong method: %s', async (line, allowed) => {
      const answer = await raw(line, asOwner());
      expect(problem(answer)).toBe('405 method-not-allowed');
      expect(answer.headers.allow).toBe(allowed);
    });

    it('HEAD is refused as GET is, without a body', async () => {
      const [closed, unknown] = [await raw('HEAD /v1/users'), await raw('HEAD /v1/nowhere')];
      expect([closed.status, closed.headers['content-type'], closed.body]).toEqual([401, 'application/problem+json', '']);
      expect([unknown.status, unknown.body]).toEqual([404, '']);
    });

    it.each([['bytes that are no text', 'GET /v1/users/%ff', '400 validation'], ['a broken escape', 'GET /v1/%zz', '400 validation'], ['an endless id', `GET /v1/users/${'x'.repeat(300)}`, '414 uri-too-long']])('%s', async (_what, line, expected) => {
      expect(problem(await raw(line))).toBe(expected);
    });
  });

  describe('what is no request of HTTP, or too much of one', () => {
    it.each([['an unknown method', 'FOO /v1/me'], ['a header without a name', 'GET /v1/me HTTP/1.1\r\nno name\r\nX: y\r\n\r\n']])('%s', async (_what, line) => {
      expect(problem(await raw(line))).toBe('400 validation');
    });
    it('two lengths at once: request smuggling', async () => {
      expect(problem(await raw('POST /v1/auth/sign-in', { 'Content-Length': '5', 'Transfer-Encoding': 'chunked' }, '0\r\n\r\n'))).toBe('400 validation');
    });
    it('headers too large', async () => {
      expect(problem(await raw('GET /v1/me', { 'X-Large': 'x'.repeat(20_000) }))).toBe('431 headers-too-large');
    });
    it('another protocol', async () => {
      expect(problem(await rawHttp(service, '\x16\x03\x01\x02\r\n\r\n'))).toBe('400 validation');
    });
  });

  describe('bodies', () => {
    const signIn = (body: string, type = 'application/json', more: Record<string, string> = {}) => raw('POST /v1/auth/sign-in', { ...(type ? { 'Content-Type': type } : {}), ...more }, body);

    it.each([['cut off', '{"email":'], ['single quotes', "{'email':'a'}"], ['a comment', '{} // no'], ['two values', '{}{}'], ['NaN', '{"email":NaN}'], ['nothing at all', ' ']])('JSON that is none: %s', async (_what, body) => {
      expect(problem(await signIn(body))).toBe('400 invalid-json');
    });
    it.each([['null', 'null'], ['a list', '[]'], ['a text', '"x"'], ['a number', '1']])('JSON that is no object: %s', async (_what, body) => {
      expect(problem(await signIn(body))).toBe('400 validation');
    });
    it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml', 'image/png', 'application/merge-patch+json', 'json', ''])('the media type "%s"', async (type) => {
      expect(problem(await signIn('{"email":"a","password":"b"}', type))).toBe('415 unsupported-media-type');
    });
    it('more than 64 KiB, and what says it is', async () => {
      expect(problem(await signIn(JSON.stringify({ email: 'x'.repeat(64 * 1024) })))).toBe('413 payload-too-large');
      expect(problem(await signIn('{}', 'application/json', { 'Content-Length': '999999999' }))).toBe('413 payload-too-large');
    });
  });

  describe('tokens', () => {
    it.each([
      ['none', {}], ['another scheme', { Authorization: 'Basic b3duZXI6eA==' }], ['an empty one', { Authorization: 'Bearer ' }], ['no token', { Authorization: 'Bearer abc' }],
      ['an unsigned one', { Authorization: `Bearer ${part({ alg: 'none' })}.${part({ sub: 'x', exp: 9_999_999_999 })}.` }],
    ])('%s', async (_what, headers) => {
      const answer = await raw('GET /v1/me', headers);
      expect(problem(answer)).toBe('401 unauthenticated');
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    });

    it('one with another signature, another claim, or in the query', async () => {
      const [head = '', claims = '', signature = ''] = biz.owner.token.split('.');
      const other = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object;
      for (const token of [`${head}.${part({ ...other, exp: 9_999_999_999 })}.${signature}`, `${head}.${claims}.${signature.slice(0, -4)}AAAA`, `${part({ alg: 'HS256', typ: 'at+jwt' })}.${claims}.${signature}`]) {
        expect(problem(await raw('GET /v1/me', { Authorization: `Bearer ${token}` }))).toBe('401 unauthenticated');
      }
      expect(problem(await raw(`GET /v1/me?access_token=${biz.owner.token}`))).toBe('401 unauthenticated');
    });

    it('an access token lives 10 minutes or so, and no longer', async () => {
      expect((await service.call('GET', '/v1/me', undefined, { token: biz.owner.token })).status).toBe(200);
      service.clock.shift(3600_000);
      expect(problemOf(await service.call('GET', '/v1/me', undefined, { token: biz.owner.token }))).toBe('unauthenticated');
      service.clock.shift(-3600_000);
    });
  });

  it('every answer keeps browsers from keeping, framing or guessing it', async () => {
    for (const answer of [await raw('GET /health/live'), await raw('GET /v1/me'), await raw('GET /v1/nowhere')]) {
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'content-security-policy': expect.stringContaining("frame-ancestors 'none'") });
      expect(answer.headers).not.toHaveProperty('x-powered-by');
    }
  });
});

function part(claims: object): string {
  return Buffer.from(JSON.stringify(claims)).toString('base64url');
}
