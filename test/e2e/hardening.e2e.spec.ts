import { connect, type AddressInfo } from 'node:net';
import { business, expectStatus, PASSWORD, problemOf, Service, type Business } from './harness';
import { rawHttp, requestText, type RawAnswer } from './raw-http';

const FRONTEND = 'https://admin.example';
const HEADERS = {
  'cache-control': 'no-store', 'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", 'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin', 'referrer-policy': 'no-referrer', 'strict-transport-security': 'max-age=31536000; includeSubDomains', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY',
};
/** What this is built with, and where it runs: of use to whoever looks for a hole, and to nobody else. */
const MACHINERY = /fastify|nest|express|node(?!s)|sqlite|mongo|eventstore|better-|\bat .+:\d+:\d+|\/libs\/|\/apps\/|\.ts\b|\.js\b/i;

describe('the surface of the service', () => {
  let service: Service;
  let biz: Business;
  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
  });
  afterAll(() => service.dispose());

  const raw = (line: string, headers: Record<string, string> = {}, body = '') => rawHttp(service, requestText(line, headers, body));

  describe.each<[string, () => Promise<RawAnswer>, number]>([
    ['an answer', () => raw('GET /health/live'), 200], ['one that needs a session', () => raw('GET /v1/me'), 401], ['a path that is not there', () => raw('GET /v1/nowhere'), 404],
    ['a wrong method', () => raw('DELETE /v1/auth/sign-in'), 405], ['a wrong body', () => raw('POST /v1/auth/sign-in', { 'Content-Type': 'application/json' }, '{"email":1}'), 400],
    ['a body that is no JSON', () => raw('POST /v1/auth/sign-in', { 'Content-Type': 'application/json' }, '{"secret'), 400],
    ['an address that cannot be read', () => raw('GET /v1/%zz'), 400], ['an address too long', () => raw(`GET /v1/users/${'x'.repeat(300)}`), 414],
    ['headers too large', () => raw('GET /v1/me', { 'X-Large': 'x'.repeat(20_000) }), 431], ['a query too large', () => raw(`GET /v1/users?q=${'x'.repeat(20_000)}`), 431],
    ['what is no HTTP', () => rawHttp(service, 'hello\r\n\r\n'), 400], ['a preflight nobody may make', () => raw('OPTIONS /v1/me', { Origin: FRONTEND, 'Access-Control-Request-Method': 'PATCH' }), 405],
    ['a failure of ours', async () => {
      await raw('GET /v1/me', { Authorization: `Bearer ${biz.owner.token}` });
      const broken = jest.spyOn(service.installation.live, 'peek').mockImplementation(() => { throw new Error('SQLITE_BUSY at /srv/libs/live.ts:3:4 of anna@x.example'); });
      const answer = await raw('GET /v1/me', { Authorization: `Bearer ${biz.owner.token}` });
      broken.mockRestore();
      return answer;
    }, 500],
  ])('%s', (_what, ask, status) => {
    it('carries every header of security, and names nothing of the machinery', async () => {
      const answer = await ask();
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject(HEADERS);
      expect(answer.headers).not.toHaveProperty('server');
      expect(answer.headers).not.toHaveProperty('x-powered-by');
      expect(JSON.stringify(answer)).not.toMatch(MACHINERY);
    });
  });

  it('the page of the API may load what comes from here, and nothing else', async () => {
    const { headers } = await raw('GET /docs');
    expect(headers).toMatchObject({ ...HEADERS, 'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/) });
  });

  describe('other origins', () => {
    const preflight = (origin: string) => raw('OPTIONS /v1/me', { Origin: origin, 'Access-Control-Request-Method': 'PATCH', 'Access-Control-Request-Headers': 'authorization,content-type,if-match' });
    const cors = ({ headers }: RawAnswer) => Object.keys(headers).filter((name) => name.startsWith('access-control-')).sort();

    it('are told nothing where none is configured', async () => {
      expect(cors(await raw('GET /health/live', { Origin: FRONTEND }))).toEqual([]);
      expect(cors(await preflight(FRONTEND))).toEqual([]);
    });

    describe('where some are configured', () => {
      beforeAll(() => service.restart({ ROLEBOOK_CORS_ORIGINS: `${FRONTEND}, http://localhost:5173` }));
      afterAll(() => service.restart({ ROLEBOOK_CORS_ORIGINS: '' }));

      it('those may ask, with every method, and read the headers they need', async () => {
        const allowed = await preflight(FRONTEND);
        expect(allowed.status).toBe(204);
        expect(allowed.headers).toMatchObject({ 'access-control-allow-origin': FRONTEND, 'access-control-allow-headers': expect.stringMatching(/authorization.*content-type.*if-match/) });
        expect(allowed.headers['access-control-allow-methods']!.split(/,\s*/).sort()).toEqual(['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']);
        const asked = await raw('GET /v1/me', { Origin: FRONTEND });
        expect([asked.status, asked.headers['access-control-allow-origin'], asked.headers.vary]).toEqual([401, FRONTEND, 'Origin']);
        expect(asked.headers['access-control-expose-headers']).toMatch(/ETag.*Rolebook-Position/);
      });

      it.each(['https://evil.example', 'https://admin.example.evil.example', 'http://admin.example', 'https://ADMIN.example', 'null', '*'])('%s may not', async (origin) => {
        const [asked, before] = [await raw('GET /v1/me', { Origin: origin }), await preflight(origin)];
        expect([asked.headers['access-control-allow-origin'], before.headers['access-control-allow-origin']]).toEqual([undefined, undefined]);
      });

      it('no cookies are sent: there are none', async () => {
        expect((await preflight(FRONTEND)).headers).not.toHaveProperty('access-control-allow-credentials');
        const signedIn = await service.call('POST', '/v1/auth/sign-in', { business: biz.slug, email: biz.owner.email, password: PASSWORD });
        expectStatus(signedIn, 200);
        expect(signedIn.headers).not.toHaveProperty('set-cookie');
      });
    });
  });

  describe('each route has a limit of its own for bodies', () => {
    const picture = (bytes: number) => ({ headers: { 'content-type': 'image/png' }, body: Buffer.alloc(bytes) });

    it('64 KiB of JSON, as sent and as announced', async () => {
      const small = await service.call('POST', '/v1/auth/sign-in', { email: 'a@b.example', password: 'x'.repeat(60 * 1024) });
      expect(problemOf(small)).toBe('validation');
      expect(problemOf(await service.call('POST', '/v1/auth/sign-in', { email: 'a@b.example', password: 'x'.repeat(64 * 1024) }))).toBe('payload-too-large');
      expect((await raw('POST /v1/auth/sign-in', { 'Content-Type': 'application/json', 'Content-Length': '70000' })).status).toBe(413);
    });

    it('no pictures where none belong, however large: they are not even read', async () => {
      const { headers, body } = picture(65 * 1024);
      expect((await raw('POST /v1/auth/sign-in', { 'Content-Type': headers['content-type'], 'Content-Length': String(5 * 1024 * 1024) })).status).toBe(413);
      expect(problemOf(await service.call('PATCH', '/v1/me', body, { headers, token: biz.owner.token }))).toBe('payload-too-large');
    });

    it('5 MiB of a picture where pictures go', async () => {
      const { headers, body } = picture(1024 * 1024);
      expect(problemOf(await service.call('PUT', '/v1/me/avatar', body, { headers, token: biz.owner.token }))).toBe('unsupported-media-type');
      expect(problemOf(await service.call('PUT', '/v1/me/avatar', Buffer.alloc(5 * 1024 * 1024 + 1), { headers, token: biz.owner.token }))).toBe('payload-too-large');
    });
  });

  describe('a client that takes its time', () => {
    /** What comes back, until the service closes the connection. */
    const until = (send: string) => new Promise<string>((resolve, reject) => {
      let received = '';
      const { port } = (service.server).address() as AddressInfo;
      const socket = connect(port, '127.0.0.1', () => { socket.write(send); });
      socket.on('data', (data) => { received += data.toString(); }).on('close', () => resolve(received)).on('error', reject);
    });

    it('is cut off: in its headers, in its body, and where it says nothing at all', async () => {
      await raw('GET /health/live');
      const server = service.server;
      expect([server.headersTimeout, server.requestTimeout, server.timeout]).toEqual([15_000, 30_000, 60_000]);
      Object.assign(server, { headersTimeout: 200, requestTimeout: 400 });
      try {
        const [headers, body] = await Promise.all([
          until('GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX-Slow: '),
          until('POST /v1/auth/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"email":'),
        ]);
        for (const answer of [headers, body]) expect([answer.split(' ')[1], /urn:rolebook:problem:[\w-]+/.exec(answer)?.[0]]).toEqual(['408', 'urn:rolebook:problem:request-timeout']);
      } finally {
        Object.assign(server, { headersTimeout: 15_000, requestTimeout: 30_000 });
      }
      server.timeout = 200;
      try {
        expect(await until('')).not.toContain('200 OK');
      } finally {
        server.timeout = 60_000;
      }
    });

    it('keeps nobody else waiting', async () => {
      const { port } = (service.server).address() as AddressInfo;
      const idle = Array.from({ length: 200 }, () => connect(port, '127.0.0.1', function (this: import('node:net').Socket) { this.write('POST /v1/auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{'); }).on('error', () => undefined));
      await Promise.all(idle.map((socket) => new Promise((resolve) => { socket.once('connect', resolve); })));
      const { status } = await raw('GET /v1/me', { Authorization: `Bearer ${biz.owner.token}` });
      for (const socket of idle) socket.destroy();
      expect(status).toBe(200);
    });
  });
});
