import { createHmac, createPublicKey, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { business, expectStatus, invited, member, PASSWORD, problemOf, Service, type Business, type Person } from './harness';
import { challengeOf, codeOf, enrol } from './totp';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;

describe('tokens', () => {
  let service: Service;
  let shop: Business;
  let anna: Person;
  beforeAll(async () => {
    service = await Service.start();
    shop = await business(service);
    anna = await member(service, shop, 'crew', { name: 'Anna Bell' });
  });
  afterAll(() => service.dispose());

  const me = (token: string) => service.call('GET', '/v1/me', undefined, { token });
  const fresh = async (person = anna): Promise<Person> => {
    const { body } = await service.call('POST', '/v1/auth/sign-in', { business: shop.slug, email: person.email, password: PASSWORD });
    return { ...person, token: body.accessToken, refreshToken: body.refreshToken, sessionId: body.sessionId };
  };

  it('of one kind are accepted nowhere as another', async () => {
    const before = service.mails().length;
    expectStatus(await service.call('POST', '/v1/auth/password-reset-requests', { business: shop.slug, email: anna.email }), 202);
    const reset = (await service.mailTo(anna.email, service.mails().slice(0, before).filter(({ to }) => to.includes(anna.email)).length)).token ?? '';
    const waiting = await invited(service, shop, 'crew');
    const invitation = (await service.mailTo(waiting.email)).token ?? '';
    const bob = await enrol(service, await member(service, shop, 'crew'));
    const challenge = await challengeOf(service, shop.slug, bob.email);
    const session = await fresh();
    const device = (await service.call('POST', '/v1/auth/sign-in', { business: shop.slug, email: anna.email, password: PASSWORD })).body.deviceToken as string;
    const tokens = { access: session.token, refresh: session.refreshToken, challenge, invitation, reset, device };
    const uses: Record<string, (token: string) => Promise<number>> = {
      access: async (token) => (await me(token)).status,
      refresh: async (refreshToken) => (await service.call('POST', '/v1/auth/refresh', { refreshToken })).status,
      challenge: async (given) => (await service.call('POST', '/v1/auth/two-factor', { challenge: given, code: codeOf(service, bob.secret) })).status,
      invitation: async (token) => (await service.call('POST', '/v1/invitations/accept', { token, displayName: 'X', password: PASSWORD })).status,
      reset: async (token) => (await service.call('POST', '/v1/auth/password-resets', { token, password: 'seven green boats sail north' })).status,
    };
    const refused: Record<string, number> = { access: 401, refresh: 401, challenge: 401, invitation: 404, reset: 400 };
    for (const [use, attempt] of Object.entries(uses)) {
      for (const [kind, token] of Object.entries(tokens)) if (kind !== use) expect({ use, kind, status: await attempt(token) }).toEqual({ use, kind, status: refused[use] });
    }
    // Each is good for its own use, so that what refused the others was the kind.
    for (const [use, status] of [['access', 200], ['refresh', 200], ['challenge', 200], ['invitation', 201], ['reset', 204]] as const) {
      expect({ use, status: await (uses[use] as (token: string) => Promise<number>)(tokens[use]) }).toEqual({ use, status });
    }
    anna = await member(service, shop, 'crew', { name: 'Anna Bell' });
  });

  it('for access carry who and which session, no authority and no personal data', async () => {
    const [header, payload] = (await fresh()).token.split('.');
    expect(Object.keys(decode(header)).sort()).toEqual(['alg', 'kid', 'typ']);
    expect(Object.keys(decode(payload)).sort()).toEqual(['aud', 'biz', 'exp', 'iat', 'iss', 'kind', 'nbf', 'sid', 'sub']);
    expect(Buffer.from(payload ?? '', 'base64url').toString()).not.toMatch(/anna|crew|@|admin|manage/i);
  });

  it('for access end after five minutes', async () => {
    const session = await fresh();
    service.clock.shift(299_000);
    expectStatus(await me(session.token), 200);
    service.clock.shift(1_500);
    expect(problemOf(await me(session.token))).toBe('unauthenticated');
    expectStatus(await service.call('POST', '/v1/auth/refresh', { refreshToken: session.refreshToken }), 200);
  });

  describe('that are forged', () => {
    const stranger = generateKeyPairSync('ed25519');
    const jwk = stranger.publicKey.export({ format: 'jwk' });
    const signed = (header: object, payload: object, key: KeyObject = stranger.privateKey) => {
      const input = `${encode(header)}.${encode(payload)}`;
      return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
    };
    const parts = async () => {
      const { token } = await fresh();
      const [header = '', payload = '', signature = ''] = token.split('.');
      return { header: decode(header), payload: decode(payload), raw: { header, payload, signature } };
    };

    it.each<[string, (real: Awaited<ReturnType<typeof parts>>) => string]>([
      ['unsigned', ({ header, payload }) => `${encode({ ...header, alg: 'none' })}.${encode(payload)}.`],
      ['unsigned, with the signature left in', ({ header, raw }) => `${encode({ ...header, alg: 'none' })}.${raw.payload}.${raw.signature}`],
      ['signed by another key', ({ header, payload }) => signed(header, payload)],
      ['bringing their own key along', ({ header, payload }) => signed({ ...header, jwk }, payload)],
      ['naming a key of their own by its thumbprint', ({ header, payload }) => signed({ ...header, kid: 'AAAAAAAAAAAAAAAA' }, payload)],
      ['naming a key set elsewhere', ({ header, payload }) => signed({ ...header, jku: 'https://evil.example/jwks.json' }, payload)],
      ['naming a certificate elsewhere', ({ header, payload }) => signed({ ...header, x5u: 'https://evil.example/cert.pem' }, payload)],
      ['naming a key that is a path', ({ header, payload }) => signed({ ...header, kid: '../../../dev/null' }, payload)],
      ['for another user', ({ payload, raw }) => `${raw.header}.${encode({ ...payload, sub: shop.owner.id })}.${raw.signature}`],
      ['for another session', ({ payload, raw }) => `${raw.header}.${encode({ ...payload, sid: randomUUID() })}.${raw.signature}`],
      ['with a longer life', ({ payload, raw }) => `${raw.header}.${encode({ ...payload, exp: 4_000_000_000 })}.${raw.signature}`],
      ['of another type', ({ header, raw }) => `${encode({ ...header, typ: 'JWT' })}.${raw.payload}.${raw.signature}`],
      ['without a signature', ({ raw }) => `${raw.header}.${raw.payload}`], ['with an empty one', ({ raw }) => `${raw.header}.${raw.payload}.`],
    ])('are refused: %s', async (_how, forge) => {
      const answer = await me(forge(await parts()));
      expect({ status: answer.status, problem: problemOf(answer), challenge: answer.headers['www-authenticate'] }).toEqual({ status: 401, problem: 'unauthenticated', challenge: 'Bearer' });
    });

    it('are refused: with the public key taken for a shared secret', async () => {
      const { header, payload } = await parts();
      const published = (await service.call('GET', '/.well-known/jwks.json')).body.keys[0] as { x: string };
      const pem = createPublicKey({ key: published as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
      for (const secret of [pem, Buffer.from(published.x, 'base64url'), published.x]) {
        const input = `${encode({ ...header, alg: 'HS256' })}.${encode(payload)}`;
        expect(problemOf(await me(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`))).toBe('unauthenticated');
      }
    });

    it('are refused in every other place a token could stand', async () => {
      const { token } = await fresh();
      expect(problemOf(await service.call('GET', `/v1/me?access_token=${token}`))).toBe('unauthenticated');
      const places: Record<string, string>[] = [{ cookie: `access_token=${token}` }, { authorization: `Basic ${token}` }, { authorization: token }, { 'x-access-token': token }];
      for (const headers of places) {
        expect(problemOf(await service.call('GET', '/v1/me', undefined, { headers }))).toBe('unauthenticated');
      }
    });
  });

  it('of the real keys, with claims of their own, are refused too', async () => {
    const { accessTokens } = service.installation;
    const { sessionId, id } = await fresh();
    const of = (over: object) => me(accessTokens.sign({ userId: id, businessId: shop.id, sessionId, kind: 'access', ...over }).token);
    expectStatus(await of({}), 200);
    // A session is one user's, in one business: the token does not decide whose.
    for (const over of [{ userId: shop.owner.id }, { businessId: randomUUID() }, { sessionId: randomUUID() }, { sessionId: shop.owner.sessionId }]) expect(problemOf(await of(over))).toBe('unauthenticated');
  });

  it('go on being good while the keys rotate: no session is lost', async () => {
    const session = await fresh();
    const { accessTokens } = service.installation;
    const old = accessTokens.jwks().keys[0]?.kid ?? '';
    const next = await accessTokens.rotate();
    expect(next).not.toBe(old);
    expectStatus(await me(session.token), 200);
    const { body } = await service.call('POST', '/v1/auth/refresh', { refreshToken: session.refreshToken });
    expect(decode((body.accessToken as string).split('.')[0]).kid).toBe(next);
    const published = await service.call('GET', '/.well-known/jwks.json');
    expect(published.body.keys.map(({ kid }: { kid: string }) => kid)).toEqual([next, old]);
    await accessTokens.retire(old);
    expect(problemOf(await me(session.token))).toBe('unauthenticated');
    expectStatus(await me(body.accessToken), 200);
    await service.restart();
    expectStatus(await me(body.accessToken), 200);
  });
});
