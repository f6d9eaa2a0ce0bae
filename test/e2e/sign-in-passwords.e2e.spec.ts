import { business, expectStatus, invited, member, PASSWORD, problemOf, Service, type Answer, type Business, type Person } from './harness';
import { codeOf, enrol } from './totp';

const NEW = 'seven green boats sail north';
const MINUTE = 60_000;

describe('passwords', () => {
  let service: Service;
  let shop: Business;
  let anna: Person;
  beforeAll(async () => { service = await Service.start({}, undefined, 'argon2'); });
  afterAll(() => service.dispose());
  beforeEach(async () => {
    shop = await business(service);
    anna = await member(service, shop, 'crew', { name: 'Anna Bell' });
  });

  const signIn = (email: string, password: string) => service.call('POST', '/v1/auth/sign-in', { business: shop.slug, email, password });
  const state = async (token: string) => (await service.call('GET', '/v1/me', undefined, { token })).status;
  const ask = (email: string, of = shop.slug) => service.call('POST', '/v1/auth/password-reset-requests', { business: of, email });
  const set = (token: unknown, password: unknown = NEW) => service.call('POST', '/v1/auth/password-resets', { token, password });
  const mailsTo = (address: string) => service.mails().filter(({ to }) => to.includes(address)).length;
  /** Asks for a link and takes it from the mail. */
  const linkOf = async (email: string) => {
    const before = mailsTo(email);
    expectStatus(await ask(email), 202);
    return (await service.mailTo(email, before)).token;
  };

  describe('changed with the current one', () => {
    const change = (who: Person, currentPassword: unknown, newPassword: unknown) => service.call('POST', '/v1/me/password', { currentPassword, newPassword }, { token: who.token });

    it('end every other session, and are told by mail', async () => {
      const other = (await signIn(anna.email, PASSWORD)).body;
      expectStatus(await change(anna, PASSWORD, NEW), 204);
      expect(await state(anna.token)).toBe(200);
      expect(await state(other.accessToken)).toBe(401);
      expect(problemOf(await service.call('POST', '/v1/auth/refresh', { refreshToken: other.refreshToken }))).toBe('unauthenticated');
      expectStatus(await service.call('POST', '/v1/auth/refresh', { refreshToken: anna.refreshToken }), 200);
      expect(problemOf(await signIn(anna.email, PASSWORD))).toBe('invalid-credentials');
      expectStatus(await signIn(anna.email, NEW), 200);
      expect((await service.mailTo(anna.email, 1)).subject).toMatch(/^Your password for .* was changed/);
    });

    it('stay as they are where the current one is wrong or missing', async () => {
      const wrong = await change(anna, 'not it', NEW);
      expect({ status: wrong.status, problem: problemOf(wrong) }).toEqual({ status: 401, problem: 'invalid-credentials' });
      for (const none of [undefined, null, '', 7, ['x']]) expect(problemOf(await change(anna, none, NEW))).toBe('validation');
      expectStatus(await signIn(anna.email, PASSWORD), 200);
    });

    it('are changed by one of two who race with the same current one', async () => {
      const answers = await Promise.all([change(anna, PASSWORD, `${NEW} one`), change(anna, PASSWORD, `${NEW} two`)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
      const won = answers[0]?.status === 204 ? `${NEW} one` : `${NEW} two`;
      expectStatus(await signIn(anna.email, won), 200);
    });

    it.each<[string, string]>([
      ['fourteen characters', 'green boats 12'], ['more than 200', 'ab1 '.repeat(51)], ['a common one', 'password12345678'], ['the alphabet', 'abcdefghijklmnopqrstuvwxyz'],
      ['the name', 'annabellannabell'], ['one character again and again', 'aaaaaaaaaaaaaaaaaaaa'],
    ])('are refused with %s', async (_what, password) => {
      const answer = await change(anna, PASSWORD, password);
      expect({ status: answer.status, problem: problemOf(answer), at: answer.body.errors[0].pointer }).toEqual({ status: 400, problem: 'validation', at: '#/newPassword' });
    });

    it('are refused where they are made of the address or the business', async () => {
      for (const made of [anna.email, `${shop.slug}12345`, `Business ${shop.slug}`]) expect(problemOf(await change(anna, PASSWORD, made))).toBe('validation');
    });

    it('may be any Unicode, up to 200 characters, and are the same however they are composed', async () => {
      const password = `ångström ${'รหัสผ่าน '.repeat(20)}🔑`.normalize('NFC');
      expectStatus(await change(anna, PASSWORD, password), 204);
      expectStatus(await signIn(anna.email, password.normalize('NFD')), 200);
      expect(problemOf(await signIn(anna.email, password.slice(0, -2)))).toBe('invalid-credentials'); // never cut
    });
  });

  describe('asked for anew by mail', () => {
    it('work by the link: once, for everything, and every session ends', async () => {
      const token = await linkOf(anna.email);
      expectStatus(await set(token), 204);
      expect(await state(anna.token)).toBe(401);
      expect(problemOf(await service.call('POST', '/v1/auth/refresh', { refreshToken: anna.refreshToken }))).toBe('unauthenticated');
      expect(problemOf(await signIn(anna.email, PASSWORD))).toBe('invalid-credentials');
      expectStatus(await signIn(anna.email, NEW), 200);
      const again = await set(token, 'yet another sentence 99');
      expect({ status: again.status, problem: problemOf(again) }).toEqual({ status: 400, problem: 'invalid-token' });
      expect((await service.mailTo(anna.email, 2)).subject).toMatch(/was changed/);
    });

    it('work by the link once when ten requests race', async () => {
      const token = await linkOf(anna.email);
      const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => set(token, `${NEW} number ${n}`)));
      expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(9).fill(400)]);
    });

    it('work for thirty minutes', async () => {
      const token = await linkOf(anna.email);
      service.clock.shift(30 * MINUTE);
      expect(problemOf(await set(token))).toBe('invalid-token');
      const other = await linkOf(anna.email);
      service.clock.shift(29 * MINUTE);
      expectStatus(await set(other), 204);
    });

    it('work by the newest link alone, and by none once the password was changed', async () => {
      const [first, second] = [await linkOf(anna.email), await linkOf(anna.email)];
      expect(problemOf(await set(first))).toBe('invalid-token');
      expectStatus(await service.call('POST', '/v1/me/password', { currentPassword: PASSWORD, newPassword: NEW }, { token: anna.token }), 204);
      expect(problemOf(await set(second, 'yet another sentence 99'))).toBe('invalid-token');
    });

    it('keep the link where the new password is refused', async () => {
      const token = await linkOf(anna.email);
      expect(problemOf(await set(token, 'too short'))).toBe('validation');
      expectStatus(await set(token), 204);
    });

    it('do not work once the person is deactivated, nor after that', async () => {
      const token = await linkOf(anna.email);
      const act = (what: string) => service.call('POST', `/v1/users/${anna.id}/${what}`, {}, { token: shop.owner.token });
      expectStatus(await act('deactivate'), 200);
      expect(problemOf(await set(token))).toBe('invalid-token');
      expectStatus(await act('reactivate'), 200);
      expect(problemOf(await set(token))).toBe('invalid-token');
    });

    it('never get round two-factor', async () => {
      const enrolled = await enrol(service, anna);
      const token = await linkOf(anna.email);
      expectStatus(await set(token), 204);
      const signedIn = await signIn(anna.email, NEW);
      expect(signedIn.body).toEqual({ status: 'two-factor-required', challenge: expect.any(String) });
      expectStatus(await service.call('POST', '/v1/auth/two-factor', { challenge: signedIn.body.challenge, code: codeOf(service, enrolled.secret) }), 200);
    });

    it('let the owner in again whom guessers have shut out', async () => {
      const guess = (n: number) => service.call('POST', '/v1/auth/sign-in', { business: shop.slug, email: anna.email, password: `wrong ${n}` }, { headers: { 'user-agent': 'guesser' } });
      await Promise.all(Array.from({ length: 12 }, (_, n) => guess(n)));
      expect(problemOf(await guess(13))).toBe('too-many-attempts');
      expectStatus(await set(await linkOf(anna.email)), 204);
      expectStatus(await signIn(anna.email, NEW), 200);
    });

    it('are answered alike for whomever: known, unknown, invited, deactivated, no address at all, no such business, in a dry run', async () => {
      const gone = await member(service, shop, 'crew');
      expectStatus(await service.call('POST', `/v1/users/${gone.id}/deactivate`, {}, { token: shop.owner.token }), 200);
      const { email: waiting } = await invited(service, shop, 'crew');
      const shown = ({ status, text, headers }: Answer) => ({ status, text, headers: Object.keys(headers).sort() });
      const known = shown(await ask(anna.email));
      expect(known.status).toBe(202);
      for (const email of [gone.email, waiting, `nobody@${shop.slug}.example`, 'no address']) expect(shown(await ask(email))).toEqual(known);
      expect(shown(await ask(anna.email, 'no-such-business'))).toEqual(known);
      const dry = async (email: string) => (await service.call('POST', '/v1/auth/password-reset-requests?dryRun=true', { business: shop.slug, email })).body;
      expect(await dry(anna.email)).toEqual(await dry(`nobody@${shop.slug}.example`));
      await service.mailTo(anna.email, 1);
      for (const email of [gone.email, waiting]) expect(mailsTo(email)).toBe(1); // the invitation, and nothing since
    });

    it('are answered after the same time for whomever, since none is answered sooner', async () => {
      const time = async (email: string) => {
        const begun = performance.now();
        await ask(email);
        return performance.now() - begun;
      };
      for (const email of [anna.email, `nobody@${shop.slug}.example`, 'no address']) expect(await time(email)).toBeGreaterThanOrEqual(249);
    });

    it('bring ten mails an hour to one address, and the answer does not change', async () => {
      for (let n = 0; n < 3; n++) expect((await Promise.all(Array.from({ length: 6 }, () => ask(anna.email)))).map(({ status }) => status)).toEqual(Array(6).fill(202));
      const asked = (await service.installation.streams.history(`user-${shop.id}-${anna.id}`)).filter(({ event }) => event.type === 'PasswordResetRequested');
      expect(asked).toHaveLength(10);
    });

    it('are refused with any token that is none', async () => {
      for (const none of ['x', 'A'.repeat(122), anna.token, anna.refreshToken]) {
        const answer = await set(none);
        expect({ status: answer.status, problem: problemOf(answer) }).toEqual(none.length > 500 ? { status: 400, problem: 'validation' } : { status: 400, problem: 'invalid-token' });
      }
      for (const none of [undefined, null, '', 7, {}]) expect(problemOf(await set(none))).toBe('validation');
    });
  });
});
