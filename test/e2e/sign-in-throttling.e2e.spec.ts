import { Throttle } from '@rolebook/throttling';
import { business, CHROME, expectStatus, member, PASSWORD, problemOf, Service, type Answer, type Business, type Person } from './harness';
import { challengeOf, codeOf, enrol, wrongCode, type Enrolled } from './totp';

/** The service stands behind one proxy here, which says where a request comes from. */
const PROXY = '127.0.0.1';
const HOME = '203.0.113.7';
const ELSEWHERE = '198.51.100.66';
const HOUR = 3600_000;

interface From { readonly ip?: string; readonly agent?: string; readonly device?: string }
const headersOf = ({ ip = ELSEWHERE, agent = 'guesser/1', device }: From) => ({ 'x-forwarded-for': ip, 'user-agent': agent, ...(device ? { 'rolebook-device': device } : {}) });

describe('guessing', () => {
  let service: Service;
  let shop: Business;
  let anna: Person;
  beforeAll(async () => { service = await Service.start({ ROLEBOOK_TRUSTED_PROXIES: PROXY }); });
  afterAll(() => service.dispose());
  beforeEach(async () => {
    shop = await business(service);
    anna = await member(service, shop, 'crew');
  });

  const signIn = (email: string, password: string, from: From = {}) => service.call('POST', '/v1/auth/sign-in', { business: shop.slug, email, password }, { headers: headersOf(from) });
  const guess = (email: string, n: number, from: From = {}) => signIn(email, `wrong password number ${n}`, from);
  const tally = (answers: readonly Answer[]) => answers.reduce<Record<string, number>>((counts, answer) => {
    const what = answer.status < 300 ? 'in' : problemOf(answer);
    return { ...counts, [what]: (counts[what] ?? 0) + 1 };
  }, {});
  const flood = (email: string, times: number, from: From = {}) => Promise.all(Array.from({ length: times }, (_, n) => guess(email, n, from))).then(tally);
  const refusals = async () => (await service.installation.streams.history(`sign-in-${shop.id}`)).map(({ event }) => (event.data as { reason: string }).reason);

  describe('at the password of one account', () => {
    it('is ten tries of a hundred at once; then even the right password waits, and says how long', async () => {
      const began = performance.now();
      expect(await flood(anna.email, 100)).toEqual({ 'invalid-credentials': 10, 'too-many-attempts': 90 });
      const right = await signIn(anna.email, PASSWORD, { ip: '192.0.2.1' });
      expect({ status: right.status, problem: problemOf(right) }).toEqual({ status: 429, problem: 'too-many-attempts' });
      const passed = Math.ceil((performance.now() - began) / 1_000);
      expect(Number(right.headers['retry-after'])).toBeGreaterThanOrEqual(30 - passed);
      expect(Number(right.headers['retry-after'])).toBeLessThanOrEqual(30);
    });

    it('goes on no faster after a restart', async () => {
      expect(await flood(anna.email, 10)).toEqual({ 'invalid-credentials': 10 });
      await service.restart();
      expect(await flood(anna.email, 5)).toEqual({ 'too-many-attempts': 5 });
    });

    it('begins anew when the owner was right, also after a restart just then', async () => {
      const home: From = { ip: HOME, agent: CHROME };
      expect(tally([await signIn(anna.email, PASSWORD, home)])).toEqual({ in: 1 });
      expect(await flood(anna.email, 8, home)).toEqual({ 'invalid-credentials': 8 });
      expect(tally([await signIn(anna.email, PASSWORD, home)])).toEqual({ in: 1 });
      const atTheEnd = jest.spyOn(Throttle.prototype, 'onModuleDestroy');
      await service.restart();
      expect(atTheEnd).toHaveBeenCalledTimes(1);
      expect(await flood(anna.email, 11, home)).toEqual({ 'invalid-credentials': 10, 'too-many-attempts': 1 });
    });

    it('gets one try when the wait is over, and then a longer wait', async () => {
      await flood(anna.email, 10);
      service.clock.shift(30_000);
      expect(await flood(anna.email, 5)).toEqual({ 'invalid-credentials': 1, 'too-many-attempts': 4 });
      service.clock.shift(30_000);
      expect(await flood(anna.email, 1)).toEqual({ 'too-many-attempts': 1 });
      service.clock.shift(30_000);
      expect(tally([await signIn(anna.email, PASSWORD)])).toEqual({ in: 1 });
    });

    it('is counted alike however the address is written', async () => {
      const written = [anna.email, anna.email.toUpperCase(), anna.email.replace('crew', 'CREW'), anna.email.replace('crew', 'ＣＲＥＷ')];
      const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => guess(written[n % 4]!, n)));
      expect(tally(answers)).toEqual({ 'invalid-credentials': 10, 'too-many-attempts': 30 });
    });

    it('is throttled in a dry run too', async () => {
      const dry = () => service.call('POST', '/v1/auth/sign-in?dryRun=true', { business: shop.slug, email: anna.email, password: 'wrong password' }, { headers: headersOf({}) });
      expect(tally(await Promise.all(Array.from({ length: 20 }, dry)))).toEqual({ 'invalid-credentials': 10, 'too-many-attempts': 10 });
    });

    it('fills no log: a refused flood is written down once', async () => {
      await flood(anna.email, 60);
      expect((await refusals()).sort()).toEqual(['throttled', ...Array<string>(10).fill('wrong-password')]);
    });

    it('of nobody, of somebody invited and of somebody deactivated is throttled in the same words', async () => {
      const gone = await member(service, shop, 'crew');
      expectStatus(await service.call('POST', `/v1/users/${gone.id}/deactivate`, {}, { token: shop.owner.token }), 200);
      const words: string[] = [];
      for (const email of [anna.email, gone.email, `nobody@${shop.slug}.example`]) {
        expect(await flood(email, 12)).toEqual({ 'invalid-credentials': 10, 'too-many-attempts': 2 });
        const { body, headers } = await guess(email, 99);
        words.push(JSON.stringify({ ...body, requestId: '', retryAfter: Number(headers['retry-after']) > 0 }));
      }
      expect(new Set(words).size).toBe(1);
    });
  });

  describe('from elsewhere', () => {
    it('does not lock out the owner where they signed in before', async () => {
      expect(tally([await signIn(anna.email, PASSWORD, { ip: HOME, agent: CHROME })])).toEqual({ in: 1 });
      expect(await flood(anna.email, 30)).toEqual({ 'invalid-credentials': 10, 'too-many-attempts': 20 });
      expect(tally([await signIn(anna.email, PASSWORD, { ip: HOME, agent: CHROME })])).toEqual({ in: 1 });
      expect(tally([await signIn(anna.email, PASSWORD)])).toEqual({ 'too-many-attempts': 1 });
    });

    it('does not lock out a device that shows its token, even behind the network of the guesser', async () => {
      const device = (await signIn(anna.email, PASSWORD, { ip: HOME, agent: CHROME })).body.deviceToken as string;
      await flood(anna.email, 30, { ip: HOME, agent: CHROME });
      await flood(anna.email, 30);
      expect(tally([await signIn(anna.email, PASSWORD, { ip: HOME, agent: CHROME })])).toEqual({ 'too-many-attempts': 1 });
      expect(tally([await signIn(anna.email, PASSWORD, { ip: '192.0.2.77', agent: 'Other/1', device })])).toEqual({ in: 1 });
    });

    it('gains nothing by the token of another account, nor by one that is made up', async () => {
      const bob = await member(service, shop, 'crew');
      const device = (await signIn(bob.email, PASSWORD, { ip: ELSEWHERE })).body.deviceToken as string;
      await flood(anna.email, 10);
      for (const token of [device, 'A'.repeat(device.length), anna.refreshToken]) expect(await flood(anna.email, 2, { device: token })).toEqual({ 'too-many-attempts': 2 });
    });

    it('is ten tries again at a known device: a stolen one has no more than a strange one', async () => {
      const device = (await signIn(anna.email, PASSWORD, { ip: HOME, agent: CHROME })).body.deviceToken as string;
      expect(await flood(anna.email, 30, { device })).toEqual({ 'invalid-credentials': 10, 'too-many-attempts': 20 });
    });
  });

  describe('from one network, at many accounts', () => {
    /** At another account each time; so many at once as passwords may wait to be checked. */
    const spray = async (times: number, from: From) => {
      const answers: Answer[] = [];
      for (let n = 0; n < times; n += 100) {
        answers.push(...(await Promise.all(Array.from({ length: Math.min(100, times - n) }, (_, i) => guess(`somebody${n + i}@${shop.slug}.example`, n, from)))));
      }
      return tally(answers);
    };

    it('stops for that network alone, whole /64s of IPv6 together, and says how long', async () => {
      const begun = service.clock.now();
      const { 'invalid-credentials': tries = 0, 'too-many-attempts': refused = 0 } = await spray(320, { ip: '2001:db8:7:7::1' });
      expect(tries + refused).toBe(320);
      expect(tries).toBeGreaterThanOrEqual(300);
      expect(tries).toBeLessThanOrEqual(300 + Math.floor((service.clock.now() - begun) / 12_000) + 1); // one more every twelve seconds
      const same = await signIn(anna.email, PASSWORD, { ip: '2001:db8:7:7:ffff::9' });
      expect({ problem: problemOf(same), wait: Number(same.headers['retry-after']) <= 12 }).toEqual({ problem: 'too-many-attempts', wait: true });
      expect(tally([await signIn(anna.email, PASSWORD, { ip: '2001:db8:7:8::1' })])).toEqual({ in: 1 });
      service.clock.shift(HOUR);
      expect(tally([await signIn(anna.email, PASSWORD, { ip: '2001:db8:7:7::1' })])).toEqual({ in: 1 });
    }, 60_000);
  });

  describe('at second factors', () => {
    let enrolled: Enrolled;
    beforeEach(async () => { enrolled = await enrol(service, anna); });
    const complete = (challenge: string, given: object, from: From = {}) => service.call('POST', '/v1/auth/two-factor', { challenge, ...given }, { headers: headersOf(from) });
    const challenge = (from: From = {}) => challengeOf(service, shop.slug, anna.email, headersOf(from));

    it('is ten tries of a hundred at once, over all challenges and both kinds of code together', async () => {
      const challenges = await Promise.all(Array.from({ length: 5 }, () => challenge()));
      const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => complete(challenges[n % 5]!, n % 2 ? { code: wrongCode(service, enrolled.secret, n) } : { recoveryCode: `0000-0000-0000-${n}` })));
      expect(tally(answers)).toEqual({ 'invalid-code': 10, 'too-many-attempts': 90 });
      const right = await complete(await challenge(), { code: codeOf(service, enrolled.secret) });
      expect({ status: right.status, wait: Number(right.headers['retry-after']) > 0 }).toEqual({ status: 429, wait: true });
      expect(problemOf(await complete(await challenge(), { recoveryCode: enrolled.recoveryCodes[0] }))).toBe('too-many-attempts');
    });

    it('goes on no faster with new challenges, nor after a restart', async () => {
      for (let n = 0; n < 10; n++) expect(problemOf(await complete(await challenge(), { code: wrongCode(service, enrolled.secret, n) }))).toBe('invalid-code');
      await service.restart();
      expect(problemOf(await complete(await challenge(), { code: codeOf(service, enrolled.secret) }))).toBe('too-many-attempts');
    });

    it('from elsewhere, with the password, does not lock out the owner on a device that signed in before', async () => {
      const home = { ip: HOME, agent: CHROME };
      const signedIn = await complete(await challenge(home), { code: codeOf(service, enrolled.secret) }, home);
      expectStatus(signedIn, 200);
      service.clock.shift(60_000);
      await Promise.all(Array.from({ length: 20 }, async (_, n) => complete(await challenge(), { code: wrongCode(service, enrolled.secret, n) })));
      expect(problemOf(await complete(await challenge(), { code: codeOf(service, enrolled.secret) }))).toBe('too-many-attempts');
      expectStatus(await complete(await challenge(home), { code: codeOf(service, enrolled.secret) }, home), 200);
    });

    it('in a stolen session is throttled, and no other session is', async () => {
      const replace = (code: string, token: string) => service.call('POST', '/v1/me/two-factor/recovery-codes', { code }, { token });
      const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => replace(wrongCode(service, enrolled.secret, n), enrolled.token)));
      expect(tally(answers)).toEqual({ 'invalid-code': 10, 'too-many-attempts': 20 });
      const other = await complete(await challenge(), { code: codeOf(service, enrolled.secret) });
      service.clock.shift(30_000);
      expectStatus(await replace(codeOf(service, enrolled.secret), other.body.accessToken), 200);
    });
  });

  it('at the password in an open session is throttled by session, and written down', async () => {
    const change = (token: string, currentPassword: string) => service.call('POST', '/v1/me/password', { currentPassword, newPassword: 'another long sentence 17' }, { token });
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => change(anna.token, `wrong ${n}`)));
    expect(tally(answers)).toEqual({ 'invalid-credentials': 10, 'too-many-attempts': 20 });
    expect(problemOf(await change(anna.token, PASSWORD))).toBe('too-many-attempts');
    const other = await signIn(anna.email, PASSWORD, { ip: HOME });
    expectStatus(await change(other.body.accessToken, PASSWORD), 204);
    expect((await refusals()).sort()).toEqual(['throttled', ...Array<string>(10).fill('wrong-password')]);
  });
});
