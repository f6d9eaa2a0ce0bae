import { business, expectStatus, member, PASSWORD, problemOf, Service, signIn, type Business, type Person } from './harness';
import { challengeOf, codeOf, enrol, wrongCode, type Enrolled } from './totp';

const MINUTE = 60_000;

describe('two-factor authentication', () => {
  let service: Service;
  let shop: Business;
  beforeAll(async () => {
    service = await Service.start();
    shop = await business(service);
  });
  afterAll(() => service.dispose());

  const complete = (challenge: string, given: object, headers: Record<string, string> = {}) => service.call('POST', '/v1/auth/two-factor', { challenge, ...given }, { headers });
  const me = ({ token }: Pick<Person, 'token'>) => service.call('GET', '/v1/me', undefined, { token });
  /** Access tokens live five minutes, and the clock is moved on here. */
  const owner = () => signIn(service, shop.slug, shop.owner.email);
  const person = async () => member(service, { ...shop, owner: await owner() }, 'crew');
  /** Somebody enrolled, and a challenge of theirs. */
  const halfway = async (): Promise<{ anna: Enrolled; challenge: string }> => {
    const anna = await enrol(service, await person());
    return { anna, challenge: await challengeOf(service, shop.slug, anna.email) };
  };

  describe('enrolling', () => {
    it('gives secret, URI and picture, and is done by a code; the ten recovery codes come once', async () => {
      const anna = await person();
      const started = await service.call('POST', '/v1/me/two-factor/enrolment', undefined, { token: anna.token });
      const { secret, otpauthUri, qrCode } = started.body;
      expect(secret).toMatch(/^[A-Z2-7]{32}$/);
      const uri = new URL(otpauthUri as string);
      expect({ protocol: uri.protocol, host: uri.host, label: decodeURIComponent(uri.pathname) }).toEqual({ protocol: 'otpauth:', host: 'totp', label: `/Business ${shop.slug}:${anna.email}` });
      expect(Object.fromEntries(uri.searchParams)).toEqual({ secret, issuer: `Business ${shop.slug}` });
      expect(qrCode).toMatch(/^<svg [^>]*viewBox="0 0 \d+ \d+"[^>]*>.*<\/svg>\s*$/s);
      expect((await me(anna)).body.twoFactor).toEqual({ enabled: false, required: false, enabledAt: null });

      const confirmed = await service.call('POST', '/v1/me/two-factor', { code: codeOf(service, secret) }, { token: anna.token });
      expect({ status: confirmed.status, body: confirmed.body }).toEqual({ status: 200, body: { recoveryCodes: expect.any(Array) } });
      const { recoveryCodes } = confirmed.body as { recoveryCodes: string[] };
      expect(new Set(recoveryCodes).size).toBe(10);
      for (const code of recoveryCodes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){5}$/);
      expect((await me(anna)).body.twoFactor).toEqual({ enabled: true, required: false, enabledAt: expect.any(String) });
      expect((await service.mailTo(anna.email, 1)).subject).toMatch(/^Two-factor authentication is on/);
    });

    it('is not done by a wrong code, nor by a code of a secret offered before', async () => {
      const anna = await person();
      const offer = async () => (await service.call('POST', '/v1/me/two-factor/enrolment', undefined, { token: anna.token })).body.secret as string;
      const confirm = (code: string) => service.call('POST', '/v1/me/two-factor', { code }, { token: anna.token });
      expect(problemOf(await confirm('123456'))).toBe('not-enrolled');
      const first = await offer();
      const second = await offer();
      const answer = await confirm(wrongCode(service, second));
      expect({ status: answer.status, problem: problemOf(answer) }).toEqual({ status: 401, problem: 'invalid-code' });
      if (codeOf(service, first) !== codeOf(service, second)) expect(problemOf(await confirm(codeOf(service, first)))).toBe('invalid-code');
      expectStatus(await confirm(codeOf(service, second)), 200);
      expect(problemOf(await confirm(codeOf(service, second, 1)))).toBe('already-enrolled');
      expect(problemOf(await service.call('POST', '/v1/me/two-factor/enrolment', undefined, { token: anna.token }))).toBe('already-enrolled');
    });

    it('shows nothing and changes nothing in a dry run', async () => {
      const anna = await person();
      const dry = await service.call('POST', '/v1/me/two-factor/enrolment?dryRun=true', undefined, { token: anna.token });
      expect(dry.body).toEqual({ dryRun: true, events: [{ type: 'TwoFactorEnrolmentStarted', action: 'two-factor.enrolment-started', userId: anna.id, changes: [] }], impact: {} });
      expect(problemOf(await service.call('POST', '/v1/me/two-factor', { code: '123456' }, { token: anna.token }))).toBe('not-enrolled');
    });

    it('is answered the same again under the same Idempotency-Key: a lost answer loses no recovery codes', async () => {
      const anna = await person();
      const once = { token: anna.token, headers: { 'idempotency-key': 'enrolment' } };
      const [first, again] = [await service.call('POST', '/v1/me/two-factor/enrolment', undefined, once), await service.call('POST', '/v1/me/two-factor/enrolment', undefined, once)];
      expect(again.body).toEqual(first.body);
      const code = codeOf(service, first.body.secret); // once: half a minute may pass between the two
      const confirm = () => service.call('POST', '/v1/me/two-factor', { code }, { token: anna.token, headers: { 'idempotency-key': 'confirmation' } });
      const confirmed = await confirm();
      expectStatus(confirmed, 200);
      expect((await confirm()).body).toEqual(confirmed.body);
    });
  });

  describe('signing in', () => {
    it('takes two steps: no session exists before the code', async () => {
      const { anna, challenge } = await halfway();
      const before = await service.call('GET', '/v1/me/sessions', undefined, { token: anna.token });
      const answer = await complete(challenge, { code: codeOf(service, anna.secret) });
      expect(answer.body).toEqual({ status: 'signed-in', accessToken: expect.any(String), expiresIn: 300, refreshToken: expect.any(String), sessionId: expect.any(String), deviceToken: expect.any(String) });
      expect((await me({ token: answer.body.accessToken })).body.id).toBe(anna.id);
      const after = await service.call('GET', '/v1/me/sessions', undefined, { token: anna.token });
      expect(after.body.items).toHaveLength(before.body.items.length + 1);
    });

    it.each([[-2, 401], [-1, 200], [0, 200], [1, 200], [2, 401]])('takes a code of the step %d steps away: %d', async (away, status) => {
      const { anna, challenge } = await halfway();
      service.clock.shift(2 * MINUTE); // past the step that was used for enrolling
      expect((await complete(challenge, { code: codeOf(service, anna.secret, away) })).status).toBe(status);
    });

    it('takes no code twice, and none older than one that was taken', async () => {
      const { anna, challenge } = await halfway();
      const code = codeOf(service, anna.secret);
      const older = codeOf(service, anna.secret, -1);
      expectStatus(await complete(challenge, { code }), 200);
      for (const used of [code, older]) {
        expect(problemOf(await complete(await challengeOf(service, shop.slug, anna.email), { code: used }))).toBe('invalid-code');
      }
    });

    it('takes each recovery code once, however it is typed', async () => {
      const { anna, challenge } = await halfway();
      const [first = '', second = ''] = anna.recoveryCodes;
      expectStatus(await complete(challenge, { recoveryCode: first.toUpperCase().replaceAll('-', ' ') }), 200);
      expect(problemOf(await complete(await challengeOf(service, shop.slug, anna.email), { recoveryCode: first }))).toBe('invalid-code');
      expectStatus(await complete(await challengeOf(service, shop.slug, anna.email), { recoveryCode: second }), 200);
    });

    it('takes a code or a recovery code, not both and not neither', async () => {
      const { anna, challenge } = await halfway();
      for (const given of [{}, { code: codeOf(service, anna.secret), recoveryCode: anna.recoveryCodes[0] }]) {
        const answer = await complete(challenge, given);
        expect({ status: answer.status, problem: problemOf(answer) }).toEqual({ status: 400, problem: 'validation' });
      }
    });
  });

  describe('a challenge', () => {
    it('is no access token', async () => {
      const { challenge } = await halfway();
      expect(problemOf(await me({ token: challenge }))).toBe('unauthenticated');
    });

    it('lives five minutes', async () => {
      const { anna, challenge } = await halfway();
      service.clock.shift(5 * MINUTE - 2_000);
      const late = await challengeOf(service, shop.slug, anna.email);
      service.clock.shift(2_000);
      expect(problemOf(await complete(challenge, { code: codeOf(service, anna.secret) }))).toBe('invalid-code');
      expectStatus(await complete(late, { code: codeOf(service, anna.secret) }), 200);
    });

    it('opens one session, once: not again with the next code', async () => {
      const { anna, challenge } = await halfway();
      expectStatus(await complete(challenge, { code: codeOf(service, anna.secret) }), 200);
      service.clock.shift(MINUTE);
      expect(problemOf(await complete(challenge, { code: codeOf(service, anna.secret) }))).toBe('invalid-code');
      const next = await complete(await challengeOf(service, shop.slug, anna.email), { code: codeOf(service, anna.secret) });
      expectStatus(next, 200);
    });

    it('opens one session when two recovery codes race for it', async () => {
      const { anna, challenge } = await halfway();
      const answers = await Promise.all(anna.recoveryCodes.slice(0, 4).map((recoveryCode) => complete(challenge, { recoveryCode })));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    });

    it('is worthless once the password was changed, or all sessions were ended', async () => {
      const { anna, challenge } = await halfway();
      expectStatus(await service.call('POST', '/v1/me/password', { currentPassword: PASSWORD, newPassword: 'another long sentence 17' }, { token: anna.token }), 204);
      expect(problemOf(await complete(challenge, { code: codeOf(service, anna.secret) }))).toBe('invalid-code');
      const other = await halfway();
      expectStatus(await service.call('DELETE', `/v1/users/${other.anna.id}/sessions`, undefined, { token: (await owner()).token }), 200);
      expect(problemOf(await complete(other.challenge, { code: codeOf(service, other.anna.secret) }))).toBe('invalid-code');
    });

    it('is worthless once its person is deactivated', async () => {
      const { anna, challenge } = await halfway();
      expectStatus(await service.call('POST', `/v1/users/${anna.id}/deactivate`, {}, { token: (await owner()).token }), 200);
      expect(problemOf(await complete(challenge, { code: codeOf(service, anna.secret) }))).toBe('invalid-code');
    });

    it('of one person takes no code of another', async () => {
      const [{ challenge }, { anna: other }] = [await halfway(), await halfway()];
      expect(problemOf(await complete(challenge, { code: codeOf(service, other.secret) }))).toBe('invalid-code');
      expect(problemOf(await complete(challenge, { recoveryCode: other.recoveryCodes[0] }))).toBe('invalid-code');
    });
  });

  describe('one code and twenty requests at once, of every kind that takes one', () => {
    it('goes through exactly once', async () => {
      for (let round = 0; round < 3; round++) {
        const { anna } = await halfway();
        const challenges = await Promise.all(Array.from({ length: 10 }, () => challengeOf(service, shop.slug, anna.email)));
        const code = codeOf(service, anna.secret);
        const answers = await Promise.all([
          ...challenges.map((challenge) => complete(challenge, { code })),
          ...Array.from({ length: 5 }, () => service.call('POST', '/v1/me/two-factor/recovery-codes', { code }, { token: anna.token })),
          ...Array.from({ length: 5 }, () => service.call('DELETE', '/v1/me/two-factor', { password: PASSWORD, code }, { token: anna.token })),
        ]);
        const through = answers.filter(({ status }) => status < 300);
        expect(through).toHaveLength(1);
        // Whoever came later found the code used, the limit reached, or two-factor switched off.
        for (const answer of answers) if (answer !== through[0]) expect(['invalid-code', 'too-many-attempts', 'not-enrolled']).toContain(problemOf(answer));
      }
    });
  });

  describe('recovery codes', () => {
    it('are replaced by a code, and those before are worthless', async () => {
      const { anna, challenge } = await halfway();
      const replaced = await service.call('POST', '/v1/me/two-factor/recovery-codes', { code: codeOf(service, anna.secret) }, { token: anna.token });
      expectStatus(replaced, 200);
      const fresh = replaced.body.recoveryCodes as string[];
      expect(fresh.filter((code) => anna.recoveryCodes.includes(code))).toEqual([]);
      expect(problemOf(await complete(challenge, { recoveryCode: anna.recoveryCodes[0] }))).toBe('invalid-code');
      expectStatus(await complete(challenge, { recoveryCode: fresh[0] }), 200);
    });

    it('are not replaced by a recovery code, nor without a second factor', async () => {
      const { anna } = await halfway();
      expect(problemOf(await service.call('POST', '/v1/me/two-factor/recovery-codes', { code: anna.recoveryCodes[0] }, { token: anna.token }))).toBe('invalid-code');
      expect(problemOf(await service.call('POST', '/v1/me/two-factor/recovery-codes', { code: '123456' }, { token: (await person()).token }))).toBe('not-enrolled');
    });
  });

  describe('switching off', () => {
    const off = (who: Person, body: object) => service.call('DELETE', '/v1/me/two-factor', body, { token: who.token });

    it('takes the password and a code, and is told by mail', async () => {
      const { anna } = await halfway();
      expect(problemOf(await off(anna, { password: 'not the password', code: codeOf(service, anna.secret) }))).toBe('invalid-credentials');
      expect(problemOf(await off(anna, { password: PASSWORD, code: wrongCode(service, anna.secret) }))).toBe('invalid-code');
      expect(problemOf(await off(anna, { password: PASSWORD }))).toBe('validation');
      expect((await me(anna)).body.twoFactor.enabled).toBe(true);
      expectStatus(await off(anna, { password: PASSWORD, code: codeOf(service, anna.secret) }), 204);
      expect((await me(anna)).body.twoFactor).toEqual({ enabled: false, required: false, enabledAt: null });
      expect((await service.mailTo(anna.email, 2)).subject).toMatch(/^Two-factor authentication is off/);
      const signedIn = await service.call('POST', '/v1/auth/sign-in', { business: shop.slug, email: anna.email, password: PASSWORD });
      expect(signedIn.body.status).toBe('signed-in');
    });

    it('is nothing to somebody without', async () => {
      expect(problemOf(await off(await person(), { password: PASSWORD, code: '123456' }))).toBe('not-enrolled');
    });
  });

  it('keeps secrets and codes out of the log: what is stored shows neither', async () => {
    const { anna } = await halfway();
    const stored = await service.installation.events.readStream(`two-factor-${shop.id}-${anna.id}`);
    const bytes = JSON.stringify(stored.map(({ data, metadata }) => [Buffer.from(data).toString(), Buffer.from(metadata).toString()]));
    expect(stored.map(({ type }) => type)).toEqual(['TwoFactorEnrolmentStarted', 'TwoFactorEnabled']);
    for (const secret of [anna.secret, ...anna.recoveryCodes, ...anna.recoveryCodes.map((code) => code.replaceAll('-', ''))]) expect(bytes).not.toContain(secret);
  });

  it('is written down with every refusal, wrong and used ones apart, and without the codes', async () => {
    const { anna, challenge } = await halfway();
    const [code, wrong] = [codeOf(service, anna.secret), wrongCode(service, anna.secret)];
    await complete(challenge, { code: wrong });
    await complete(challenge, { recoveryCode: 'no-such-code' });
    await complete(challenge, { code });
    await complete(await challengeOf(service, shop.slug, anna.email), { code });
    const history = await service.installation.streams.history(`two-factor-${shop.id}-${anna.id}`);
    expect(history.slice(2).map(({ event }) => event)).toEqual([
      { type: 'TwoFactorCodeRefused', data: { userId: anna.id, method: 'code', reason: 'wrong' } },
      { type: 'TwoFactorCodeRefused', data: { userId: anna.id, method: 'recovery-code', reason: 'wrong' } },
      { type: 'TwoFactorCodeAccepted', data: { userId: anna.id, step: expect.any(Number) } },
      { type: 'TwoFactorCodeRefused', data: { userId: anna.id, method: 'code', reason: 'used' } },
    ]);
  });
});
