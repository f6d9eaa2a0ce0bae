import { business, expectStatus, member, PASSWORD, problemOf, Service, signIn, type Answer, type Business, type Person } from './harness';

const DAY = 24 * 3600_000;

describe('signing in, refresh tokens, signing out', () => {
  let service: Service;
  let biz: Business;
  let crew: Person;
  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
    crew = await member(service, biz, 'crew');
  });
  afterAll(() => service.dispose());

  const attempt = (fields: object) => service.call('POST', '/v1/auth/sign-in', { business: biz.slug, email: crew.email, password: PASSWORD, ...fields });
  const refresh = (refreshToken: string) => service.call('POST', '/v1/auth/refresh', { refreshToken });
  const me = (token: string) => service.call('GET', '/v1/me', undefined, { token });
  const again = () => signIn(service, biz.slug, crew.email, crew.id);

  describe('with address and password', () => {
    it('gives an access token, how long it lives, a refresh token and the session', async () => {
      const { body } = await attempt({});
      expect(body).toEqual(expect.objectContaining({ status: 'signed-in', accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/), expiresIn: expect.any(Number), refreshToken: expect.stringMatching(/^[\w-]+$/), sessionId: expect.any(String) }));
      expect(body.expiresIn).toBeLessThanOrEqual(900);
      expectStatus(await me(body.accessToken as string), 200);
    });

    it('takes the address in any spelling, the password in one', async () => {
      for (const email of [crew.email.toUpperCase(), ` ${crew.email} `.trim(), crew.email.replace('crew', 'ｃｒｅｗ')]) expectStatus(await attempt({ email }), 200);
      for (const password of [PASSWORD.toUpperCase(), ` ${PASSWORD}`, `${PASSWORD} `, PASSWORD.slice(0, -1)]) expect(problemOf(await attempt({ password }))).toBe('invalid-credentials');
    });

    it('refuses in the same words whatever is wrong', async () => {
      const gone = await member(service, biz, 'crew');
      expectStatus(await service.call('POST', `/v1/users/${gone.id}/deactivate`, {}, { token: biz.owner.token }), 200);
      const open = await service.call('POST', '/v1/invitations', { email: 'open@signing.example', role: 'crew' }, { token: biz.owner.token });
      expectStatus(open, 201);
      const face = ({ status, body, headers }: Answer) => ({ status, body: { ...body, requestId: '' }, headers: Object.keys(headers).sort() });
      const wrong = face(await attempt({ password: 'wrong password of mine' }));
      for (const fields of [{ email: 'nobody@signing.example' }, { email: gone.email }, { email: 'open@signing.example' }, { email: 'no address at all' }, { business: 'no-such-business' }]) expect(face(await attempt(fields))).toEqual(wrong);
      expect(wrong.body).toMatchObject({ status: 401, type: 'urn:rolebook:problem:invalid-credentials' });
    });

    it('needs the business once there are two', async () => {
      const without = () => service.call('POST', '/v1/auth/sign-in', { email: crew.email, password: PASSWORD });
      expectStatus(await without(), 200);
      await business(service);
      const answer = await without();
      expect([problemOf(answer), answer.body.errors]).toEqual(['validation', [{ pointer: '#/business', message: expect.any(String) }]]);
      expectStatus(await attempt({}), 200);
    });

    it('shows the session with device, address and moment', async () => {
      const { sessionId, token } = await again();
      const { items } = (await service.call('GET', '/v1/me/sessions', undefined, { token })).body as { items: { id: string }[] };
      expect(items.find(({ id }) => id === sessionId)).toEqual({ id: sessionId, status: 'active', device: 'Chrome on macOS', ip: expect.stringMatching(/127\.0\.0\.1|::1/), startedAt: expect.any(String), lastSeenAt: expect.any(String), endedAt: null, endedBy: null, current: true });
    });
  });

  describe('refresh tokens', () => {
    it('change at every use; the new access token belongs to the same session', async () => {
      const { refreshToken, sessionId } = await again();
      const next = await refresh(refreshToken);
      expectStatus(next, 200);
      expect(next.body).toMatchObject({ status: 'signed-in', sessionId });
      expect(next.body.refreshToken).not.toBe(refreshToken);
      expectStatus(await me(next.body.accessToken as string), 200);
      expectStatus(await refresh(next.body.refreshToken as string), 200);
    });

    it('an old one ends the session: it was stolen', async () => {
      const { refreshToken, token } = await again();
      const next = await refresh(refreshToken);
      service.clock.shift(11_000);
      expect(problemOf(await refresh(refreshToken))).toBe('refresh-token-reused');
      expect(problemOf(await refresh(next.body.refreshToken as string))).toBe('unauthenticated');
      expect(problemOf(await me(next.body.accessToken as string))).toBe('unauthenticated');
      expect(problemOf(await me(token))).toBe('unauthenticated');
      expect(problemOf(await refresh(refreshToken))).toBe('unauthenticated');
    });

    it('two requests racing within 10 seconds are no theft: both get an answer that works', async () => {
      const { refreshToken } = await again();
      const answers = await Promise.all([refresh(refreshToken), refresh(refreshToken), refresh(refreshToken)]);
      service.clock.shift(9_000);
      answers.push(await refresh(refreshToken));
      for (const { status, body } of answers) {
        expect(status).toBe(200);
        expectStatus(await me(body.accessToken as string), 200);
      }
      expectStatus(await refresh(answers.at(-1)!.body.refreshToken as string), 200);
    });

    it('one from two changes ago is reuse even within 10 seconds', async () => {
      const { refreshToken } = await again();
      const second = await refresh(refreshToken);
      expectStatus(await refresh(second.body.refreshToken as string), 200);
      expect(problemOf(await refresh(refreshToken))).toBe('refresh-token-reused');
    });

    it('work until the session ends by itself after 30 days, however often they are used', async () => {
      let { refreshToken } = await again();
      const seen: number[] = [];
      for (let i = 0; i < 5; i++) {
        service.clock.shift(6 * DAY);
        const next = await refresh(refreshToken);
        seen.push(next.status);
        refreshToken = (next.body.refreshToken as string | undefined) ?? refreshToken;
      }
      service.clock.shift(-30 * DAY);
      expect(seen).toEqual([200, 200, 200, 200, 401]);
    });

    it('end sooner where nobody uses them for 7 days', async () => {
      const { refreshToken } = await again();
      service.clock.shift(7 * DAY);
      const answer = await refresh(refreshToken);
      service.clock.shift(-7 * DAY);
      expect(problemOf(answer)).toBe('unauthenticated');
    });

    it.each(['x', '', 'eyJhbGciOiJub25lIn0.e30.', 'A'.repeat(40)])('%j is none', async (token) => {
      expect(problemOf(await refresh(token))).toBe(token === '' ? 'validation' : 'unauthenticated');
    });

    it('of somebody deactivated, or signed out, do not work', async () => {
      const out = await again();
      expectStatus(await service.call('POST', '/v1/auth/sign-out', undefined, { token: out.token }), 204);
      expect(problemOf(await refresh(out.refreshToken))).toBe('unauthenticated');
      const gone = await member(service, biz, 'crew');
      expectStatus(await service.call('POST', `/v1/users/${gone.id}/deactivate`, {}, { token: biz.owner.token }), 200);
      expect(problemOf(await refresh(gone.refreshToken))).toBe('unauthenticated');
      expectStatus(await service.call('POST', `/v1/users/${gone.id}/reactivate`, {}, { token: biz.owner.token }), 200);
      expect(problemOf(await refresh(gone.refreshToken))).toBe('unauthenticated');
      expect(problemOf(await me(gone.token))).toBe('unauthenticated');
    });
  });

  it('signing out ends this session from the very next request, and no other', async () => {
    const [one, other] = [await again(), await again()];
    expectStatus(await service.call('POST', '/v1/auth/sign-out', undefined, { token: one.token }), 204);
    expect(problemOf(await me(one.token))).toBe('unauthenticated');
    expect(problemOf(await service.call('POST', '/v1/auth/sign-out', undefined, { token: one.token }))).toBe('unauthenticated');
    expectStatus(await me(other.token), 200);
  });

  it('a session survives a restart; an ended one stays ended', async () => {
    const [stays, ends] = [await again(), await again()];
    expectStatus(await service.call('POST', '/v1/auth/sign-out', undefined, { token: ends.token }), 204);
    await service.restart();
    expectStatus(await me(stays.token), 200);
    expect(problemOf(await me(ends.token))).toBe('unauthenticated');
  });

  it('no password and no token is written to a log, or to anything that is stored', async () => {
    const written: string[] = [];
    const spies = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation((chunk) => { written.push(String(chunk)); return true; }));
    await service.restart({ ROLEBOOK_REQUEST_LOG: 'on' });
    const secret = 'a password nobody has seen before 77';
    const { body: person } = await service.call('POST', '/v1/invitations', { email: 'log@signing.example', role: 'crew' }, { token: biz.owner.token });
    const { token: link } = await service.mailTo('log@signing.example');
    await service.call('POST', '/v1/invitations/accept', { token: link, displayName: 'Log Person', password: secret });
    const { body } = await attempt({ email: 'log@signing.example', password: secret });
    await attempt({ email: 'log@signing.example', password: `${secret} wrong` });
    await me(body.accessToken as string);
    await refresh(body.refreshToken as string);
    await service.call('GET', `/v1/me?token=${body.accessToken as string}`, undefined, { token: body.accessToken as string });
    const { events } = service.installation;
    const log = (await events.readAll({ after: 0, limit: 10_000 })).map(({ data, metadata }) => data + metadata).join('\n');
    await service.restart({ ROLEBOOK_REQUEST_LOG: 'off' });
    for (const spy of spies) spy.mockRestore();
    for (const [what, text] of [['log', written.join('')], ['events', log]] as const) {
      for (const hidden of [secret, link, body.accessToken as string, body.refreshToken as string]) expect([what, text.includes(hidden)]).toEqual([what, false]);
    }
    expect(log).toContain(person.id as string);
  });
});
