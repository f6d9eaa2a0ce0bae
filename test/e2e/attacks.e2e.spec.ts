import { business, expectStatus, invited, member, problemOf, Service, signIn, type Business, type Person } from './harness';
import { rawHttp, requestText } from './raw-http';
import { challengeOf, enrol, wrongCode } from './totp';

/** What was tried on the running service as somebody would who means harm; "Tried" in docs/security.md lists it with what the other files hold. */
describe('attacks', () => {
  let service: Service;
  let shop: Business;
  beforeAll(async () => {
    service = await Service.start();
    shop = await business(service);
  });
  afterAll(() => service.dispose());

  /** Access tokens live five minutes, and the clock is moved on here. */
  const owner = () => signIn(service, shop.slug, shop.owner.email, shop.owner.id);
  const join = async (role: string) => member(service, { ...shop, owner: await owner() }, role);
  const tally = (answers: readonly { readonly status: number }[]) => answers.map(({ status }) => status).join(' ');
  const log = async (user: string, action: string) => (await service.call('GET', `/v1/audit?user=${user}&action=${action}`, undefined, { token: (await owner()).token })).body.items as { changes: unknown }[];

  describe('filling a stranger\'s mailbox', () => {
    const resend = async (id: string, by: Person) => service.call('POST', `/v1/users/${id}/invitation/resend`, undefined, { token: by.token });

    it('by sending an invitation again and again: ten, then a wait; others are not kept from theirs', async () => {
      const by = await owner();
      const [victim, other] = [await invited(service, { ...shop, owner: by }, 'crew'), await invited(service, { ...shop, owner: by }, 'crew')];
      const answers = [];
      for (let n = 0; n < 12; n++) answers.push(await resend(victim.id, by));
      expect(tally(answers)).toBe(`${'200 '.repeat(10)}429 429`);
      expect([problemOf(answers[11]!), Number(answers[11]!.headers['retry-after'])]).toEqual(['too-many-attempts', expect.any(Number)]);
      expectStatus(await resend(other.id, by), 200);
      expect(tally([await resend(victim.id, await join('crew'))])).toBe('403');

      service.clock.shift(6 * 60_000);
      expect(tally([await resend(victim.id, await owner()), await resend(victim.id, await owner())])).toBe('200 429');
    });

    it('by inviting, withdrawing and inviting, in any spelling', async () => {
      const { token } = await owner();
      const answers = [];
      for (let n = 0; n < 12; n++) {
        const answer = await service.call('POST', '/v1/invitations', { email: n % 2 ? 'VICTIM@elsewhere.example' : 'victim@ｅlsewhere.example', role: 'crew' }, { token });
        if (answer.status === 201) expectStatus(await service.call('DELETE', `/v1/users/${answer.body.id}/invitation`, undefined, { token }), 204);
        answers.push(answer);
      }
      expect(tally(answers)).toBe(`${'201 '.repeat(11)}429`);
    });
  });

  describe('a dry run as the way to try things out unseen', () => {
    it('guesses at second factors are written down, and the wait they lead to', async () => {
      const anna = await enrol(service, await join('crew'));
      const challenge = await challengeOf(service, shop.slug, anna.email);
      const answers = [];
      for (let n = 0; n < 11; n++) answers.push(await service.call('POST', '/v1/auth/two-factor?dryRun=true', { challenge, code: wrongCode(service, anna.secret, n) }));
      expect(tally(answers)).toBe(`${'401 '.repeat(10)}429`);
      expect(await log(anna.id, 'two-factor.code-refused')).toHaveLength(11);
    });

    it('an old refresh token ends the session: whoever tries a stolen one is noticed', async () => {
      const bob = await join('crew');
      const refresh = (refreshToken: string, query = '') => service.call('POST', `/v1/auth/refresh${query}`, { refreshToken });
      const next = await refresh(bob.refreshToken);
      service.clock.shift(11_000);
      expect(problemOf(await refresh(bob.refreshToken, '?dryRun=true'))).toBe('refresh-token-reused');
      for (const answer of [await refresh(next.body.refreshToken), await service.call('GET', '/v1/me', undefined, { token: next.body.accessToken })]) expect(problemOf(answer)).toBe('unauthenticated');
      expect(await log(bob.id, 'session.refresh-token-reused')).toHaveLength(1);
    });
  });

  it('one\'s own id in capitals is nobody\'s: it gets round no rule about oneself', async () => {
    const { id, token } = await owner();
    const calls: readonly [string, string, object?][] = [['PUT', '/role', { role: 'crew' }], ['PATCH', '/permissions', { overrides: { jobs: 'none' } }], ['POST', '/deactivate', {}], ['POST', '/erase', { email: shop.owner.email }],
      ['POST', '/two-factor/reset', { identityVerification: { channel: 'phone', spokeWith: 'Me', at: new Date(service.clock.now()).toISOString() } }]];
    for (const [method, end, body] of calls) expect(problemOf(await service.call(method, `/v1/users/${id.toUpperCase()}${end}`, body, { token }))).toBe('not-found');
  });

  it('a moment before there was anything shows nothing', async () => {
    const { id, token } = await owner();
    for (const at of ['0001-01-01T00:00:00Z', '0000-01-01T00:00:00%2B23:59']) {
      for (const list of ['users?', 'access?module=jobs&level=read&']) expect((await service.call('GET', `/v1/${list}at=${at}`, undefined, { token })).body).toEqual({ items: [], nextCursor: null });
      expect(problemOf(await service.call('GET', `/v1/users/${id}?at=${at}`, undefined, { token }))).toBe('not-found');
    }
  });

  describe('one request that a proxy and the service would divide differently', () => {
    const body = '{"email":"a@b.example","password":"x"}';
    const length = `Content-Length: ${body.length}`;
    const head = 'POST /v1/auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    const CASES: readonly (readonly [what: string, request: string])[] = [
      ['a length and chunks', `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n`],
      ['chunks that are not the last coding', `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
      ['a coding that only looks like chunks', `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
      ['a length with a sign', `${head}Content-Length: +${body.length}\r\n\r\n${body}`],
      ['a blank before the colon', `${head}Content-Length : ${body.length}\r\n\r\n${body}`],
      ['a folded header', `${head}X: a\r\n ${length}\r\n\r\n${body}`],
      ['lines without a carriage return', `${head.replaceAll('\r', '')}${length}\n\n${body}`],
      ['a line break in a chunk\'s extension', `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)};a=\nb\r\n${body}\r\n0\r\n\r\n`],
    ];
    it.each(CASES)('%s', async (_what, request) => {
      const answer = await rawHttp(service, request);
      expect([answer.status, answer.headers.connection, answer.body.match(/"type"/g)]).toEqual([400, 'close', ['"type"']]);
    });
  });

  it.each(['/docs/../../package.json', '/docs/%2e%2e/%2e%2e/package.json', '/docs/..%2f..%2fpackage.json', '/docs/..%5c..%5cpackage.json', '/docs/index.html%00.png', '/docs//etc/passwd'])('GET %s is no file', async (path) => {
    const answer = await rawHttp(service, requestText(`GET ${path}`));
    expect([[403, 404].includes(answer.status), answer.headers['content-type']]).toEqual([true, 'application/problem+json']);
  });
});
