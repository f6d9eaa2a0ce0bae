import { Throttle } from '@rolebook/throttling';
import { business, CHROME, expectStatus, invited, member, PASSWORD, problemOf, Service, type Answer, type Business, type Person } from './harness';

describe('signing in', () => {
  let service: Service;
  let shop: Business;
  beforeAll(async () => { service = await Service.start(); });
  beforeEach(async () => { shop = await business(service); });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => service.dispose());

  const signIn = (email: unknown, password: unknown = PASSWORD, { agent = CHROME, slug = shop.slug }: { agent?: string; slug?: string } = {}) =>
    service.call('POST', '/v1/auth/sign-in', { business: slug, email, password }, { headers: { 'user-agent': agent } });
  const refusals = async () => (await service.installation.streams.history(`sign-in-${shop.id}`)).map(({ event, metadata }) => ({ ...event.data, by: metadata.actor.type, device: metadata.device }));

  /** Everybody who does not get in, each with the password to try. */
  const shutOut = async (): Promise<Record<string, { email: string; password?: string; slug?: string; id: string | null }>> => {
    const anna = await member(service, shop, 'crew');
    const waiting = await invited(service, shop, 'crew');
    const withdrawn = await invited(service, shop, 'crew');
    expectStatus(await service.call('DELETE', `/v1/users/${withdrawn.id}/invitation`, undefined, { token: shop.owner.token }), 204);
    const gone = await member(service, shop, 'crew');
    expectStatus(await service.call('POST', `/v1/users/${gone.id}/deactivate`, {}, { token: shop.owner.token }), 200);
    const elsewhere = await business(service);
    return {
      'a wrong password': { email: anna.email, password: 'wrong password', id: anna.id }, 'an unknown address': { email: `nobody@${shop.slug}.example`, id: null },
      'somebody invited': { email: waiting.email, id: waiting.id }, 'somebody whose invitation was withdrawn': { email: withdrawn.email, id: withdrawn.id },
      'somebody deactivated, with the right password': { email: gone.email, id: gone.id }, 'somebody of another business': { email: elsewhere.owner.email, id: null },
      'what is no address': { email: 'no address', id: null }, 'an address with a trick': { email: `${anna.email}\u0000`, id: null },
      'a business that is none': { email: anna.email, slug: 'no-such-business', id: null },
    };
  };

  it('takes the same words for everybody who does not get in', async () => {
    const shown = ({ status, body, headers }: Answer) => ({ status, body: { ...body, requestId: '' }, headers: Object.keys(headers).sort() });
    const answers = await Promise.all(Object.values(await shutOut()).map(async ({ email, password, slug }) => shown(await signIn(email, password ?? PASSWORD, slug ? { slug } : {}))));
    expect(answers[0]).toEqual(expect.objectContaining({ status: 401, body: expect.objectContaining({ type: 'urn:rolebook:problem:invalid-credentials' }) }));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('takes the same work for everybody who does not get in: one hash, the same reads, one event', async () => {
    const { passwords, events, operational } = service.installation;
    const everybody = await shutOut();
    const work: Record<string, object> = {};
    await service.http.get(Throttle).onModuleDestroy(); // what earlier attempts count back is not this work
    for (const [who, { email, password, slug }] of Object.entries(everybody)) {
      const spies = { hashes: jest.spyOn(passwords, 'verify'), reads: jest.spyOn(events, 'readStream'), appends: jest.spyOn(events, 'append'), counts: jest.spyOn(operational, 'get') };
      await signIn(email, password ?? PASSWORD, slug ? { slug } : {});
      work[who] = Object.fromEntries(Object.entries(spies).map(([name, spy]) => [name, spy.mock.calls.length]));
      jest.restoreAllMocks();
    }
    expect(work['a wrong password']).toEqual({ hashes: 1, reads: expect.any(Number), appends: 1, counts: expect.any(Number) });
    for (const who of Object.keys(everybody)) expect({ who, ...work[who] }).toEqual({ who, ...work['a wrong password'] });
  });

  it('writes down who was refused and why, and never the address or the password', async () => {
    const everybody = await shutOut();
    for (const { email, password, slug } of Object.values(everybody)) if (!slug) await signIn(email, password ?? PASSWORD);
    const reasons = Object.values(everybody).filter(({ slug }) => !slug).map(({ id, password }) => ({ userId: id, reason: id === null ? 'unknown-address' : password ? 'wrong-password' : 'not-active', by: 'anonymous', device: 'Chrome on macOS' }));
    expect(await refusals()).toEqual(reasons);
    const stored = JSON.stringify((await service.installation.events.readStream(`sign-in-${shop.id}`)).map(({ data, metadata }) => `${Buffer.from(data).toString()}${Buffer.from(metadata).toString()}`));
    for (const { email } of Object.values(everybody)) expect(stored).not.toContain(email);
    expect(stored).not.toMatch(/wrong password|127\.0\.0\.1/);
  });

  it('refuses somebody invited before they accepted, and lets them in after', async () => {
    const anna = await invited(service, shop, 'crew');
    expect(problemOf(await signIn(anna.email, PASSWORD))).toBe('invalid-credentials');
    expectStatus(await service.call('POST', '/v1/invitations/accept', { token: (await service.mailTo(anna.email)).token, displayName: 'Anna', password: PASSWORD }), 201);
    expectStatus(await signIn(anna.email, PASSWORD), 200);
  });

  it('needs no business while there is one, and says which field is missing once there are two', async () => {
    const answer = await service.call('POST', '/v1/auth/sign-in', { email: shop.owner.email, password: PASSWORD });
    expect({ problem: problemOf(answer), errors: answer.body.errors }).toEqual({ problem: 'validation', errors: [{ pointer: '#/business', message: expect.any(String) }] });
  });

  it.each<[string, object]>([
    ['no password', { email: 'a@b.example' }], ['a number for a password', { email: 'a@b.example', password: 1 }], ['an object for an address', { email: { $gt: '' }, password: 'x' }],
    ['a field nobody knows', { email: 'a@b.example', password: 'x', admin: true }], ['a password beyond measure', { email: 'a@b.example', password: 'x'.repeat(1001) }],
  ])('refuses %s', async (_what, body) => {
    expect(problemOf(await service.call('POST', '/v1/auth/sign-in', { business: shop.slug, ...body }))).toBe('validation');
  });

  it('starts nothing in a dry run, and gives no token', async () => {
    const dry = await service.call('POST', '/v1/auth/sign-in?dryRun=true', { business: shop.slug, email: shop.owner.email, password: PASSWORD });
    expect(dry.body).toEqual({ dryRun: true, events: [expect.objectContaining({ type: 'SessionStarted' })], impact: {} });
    expect((await service.call('GET', '/v1/me/sessions', undefined, { token: shop.owner.token })).body.items).toHaveLength(1);
  });

  describe('from a new device', () => {
    const newDeviceMails = (to: string) => service.mails().filter((mail) => mail.to.includes(to) && mail.subject.startsWith('New sign-in'));

    it('is told by mail, with device, address and time; the first device and known ones are not', async () => {
      const anna = await member(service, shop, 'crew'); // the invitation's mail, then the first sign-in
      expectStatus(await signIn(anna.email), 200);
      expectStatus(await signIn(anna.email, PASSWORD, { agent: CHROME.replace('126.0.0.0', '127.0.1.2') }), 200);
      expectStatus(await signIn(anna.email, PASSWORD, { agent: 'curl/8.5.0' }), 200);
      const mail = await service.mailTo(anna.email, 1);
      expect(mail.subject).toMatch(/^New sign-in to /);
      expect(mail.text).toMatch(/curl/);
      expect(mail.text).toMatch(/127\.0\.0\.1/);
      expectStatus(await signIn(anna.email, PASSWORD, { agent: 'curl/8.6.0' }), 200);
      expectStatus(await signIn(anna.email, PASSWORD, { agent: 'Wget/1.21' }), 200);
      await service.mailTo(anna.email, 2);
      expect(newDeviceMails(anna.email).map(({ text }) => /curl|Wget/.exec(text)?.[0]).sort()).toEqual(['Wget', 'curl']);
    });

    it('is none that shows the token of an earlier sign-in', async () => {
      const anna = await member(service, shop, 'crew');
      const { deviceToken } = (await signIn(anna.email)).body;
      const again = await service.call('POST', '/v1/auth/sign-in', { business: shop.slug, email: anna.email, password: PASSWORD }, { headers: { 'user-agent': 'Changed/1', 'rolebook-device': deviceToken } });
      expectStatus(again, 200);
      expect(again.body.deviceToken).toBe(deviceToken);
      const history = await service.installation.streams.history(`session-${shop.id}-${again.body.sessionId as string}`);
      expect(history[0]?.event.data).toEqual(expect.objectContaining({ newDevice: false }));
    });
  });

  describe('at many times at once', () => {
    it('lets everybody in whose password is right, one account or many', async () => {
      const people = await Promise.all(Array.from({ length: 3 }, () => member(service, shop, 'crew')));
      const answers = await Promise.all(Array.from({ length: 45 }, (_, n) => signIn((people[n % 3] as Person).email)));
      expect(answers.map(({ status }) => status)).toEqual(Array(45).fill(200));
    });
  });
});
