import { InMemoryOperationalStore } from '@rolebook/operational-store/in-memory';
import { Lease } from '@rolebook/operational-store';
import { business, expectStatus, member, PASSWORD, problemOf, Service, signIn, TestClock, unique, type Business, type Person } from '../e2e/harness';
import { challengeOf, codeOf, enrol } from '../e2e/totp';
import { expectSound } from './aftermath';
import { until } from './service-process';

const HOUR = 3600_000;

describe.each([['forward', HOUR], ['back', -HOUR]])('the clock jumps %s by an hour', (_way, jump) => {
  let service: Service;
  let biz: Business;
  let crew: Person;
  let recovery: readonly string[];
  let secret: string;
  let early: Person;
  let link: string;
  const [key, body] = [{ 'idempotency-key': unique('key-') }, { email: `${unique('once')}@x.example`, role: 'crew' }];
  let first: string;

  beforeAll(async () => {
    service = await Service.startEmbedded();
    biz = await business(service);
    crew = await member(service, biz, 'crew');
    const enrolled = await enrol(service, await member(service, biz, 'sales'));
    [secret, recovery, early] = [enrolled.secret, enrolled.recoveryCodes, enrolled];
    const owner = await signIn(service, biz.slug, biz.owner.email, biz.owner.id);
    const invited = await service.call('POST', '/v1/invitations', { email: 'open@x.example', role: 'billing' }, { token: owner.token });
    expectStatus(invited, 201);
    link = (await service.mailTo('open@x.example')).token;
    first = (await service.call('POST', '/v1/invitations', body, { token: owner.token, headers: key })).text;
    // The last code before the jump: its time step counts from now on.
    const challenge = await challengeOf(service, biz.slug, early.email);
    expectStatus(await service.call('POST', '/v1/auth/two-factor', { challenge, code: codeOf(service, secret) }), 200);
    for (let n = 0; n < 11; n++) await service.call('POST', '/v1/auth/sign-in', { business: biz.slug, email: `${unique('nobody')}@x.example`, password: 'wrong password here' });
    service.clock.shift(jump);
  }, 60_000);
  afterAll(() => service.dispose());

  it('sessions live on: an access token from the other side of the jump is refused, and its refresh token gives one that works', async () => {
    expect(problemOf(await service.call('GET', '/v1/me', undefined, { token: crew.token }))).toBe('unauthenticated');
    const refreshed = await service.call('POST', '/v1/auth/refresh', { refreshToken: crew.refreshToken });
    expectStatus(refreshed, 200);
    expectStatus(await service.call('GET', '/v1/me', undefined, { token: refreshed.body.accessToken }), 200);
  });

  it('signing in works, and what it gives works', async () => {
    const { token } = await signIn(service, biz.slug, crew.email);
    expectStatus(await service.call('GET', '/v1/me', undefined, { token }), 200);
  });

  it('a code of an authenticator is never taken twice: forward it works, back it waits for the time of the last one, and a recovery code works', async () => {
    const wait = async (code: string) => service.call('POST', '/v1/auth/two-factor', { challenge: await challengeOf(service, biz.slug, early.email), code });
    const answer = await wait(codeOf(service, secret));
    if (jump > 0) expectStatus(answer, 200);
    else {
      expect(problemOf(answer)).toBe('invalid-code');
      expectStatus(await service.call('POST', '/v1/auth/two-factor', { challenge: await challengeOf(service, biz.slug, early.email), recoveryCode: recovery[0] }), 200);
    }
  });

  it('an open invitation stays open, and is accepted', async () => {
    expectStatus(await service.call('POST', '/v1/invitations/preview', { token: link }), 200);
    expectStatus(await service.call('POST', '/v1/invitations/accept', { token: link, displayName: 'Late Comer', password: PASSWORD }), 201);
  });

  it('a repeated request gives the answer of the first, and no second effect', async () => {
    const { token } = await signIn(service, biz.slug, biz.owner.email, biz.owner.id);
    const again = await service.call('POST', '/v1/invitations', body, { token, headers: key });
    expect([again.status, again.text]).toEqual([201, first]);
  });

  it('somebody who was never wrong is not throttled, and guessing is throttled as before', async () => {
    const guess = () => service.call('POST', '/v1/auth/sign-in', { business: biz.slug, email: crew.email, password: 'a guess of somebody' });
    const answers: number[] = [];
    for (let n = 0; n < 12; n++) answers.push((await guess()).status);
    expect(answers.slice(0, 3)).toEqual([401, 401, 401]);
    expect(answers.at(-1)).toBe(429);
  });

  it('the history keeps its order, times in it never go back, and rebuilt is live', async () => {
    const { stores, codec, progress, events: log } = service.installation;
    await progress.caughtUp(await log.head(), 5_000);
    const events = await expectSound({ stores, codec });
    const times = events.map(({ recordedAt }) => recordedAt);
    expect(times).toEqual([...times].sort());
    const { token } = await signIn(service, biz.slug, biz.owner.email, biz.owner.id);
    const page = await service.call('GET', '/v1/audit?limit=100', undefined, { token });
    expectStatus(page, 200);
    const at = (page.body.items as { at: string }[]).map((entry) => entry.at);
    expect(at).toEqual([...at].sort().reverse());
  });
});

describe('a lease over a jump of the clock', () => {
  it('back, and its holder died: another takes it once it has stood still for as long as it lasts', async () => {
    const clock = new TestClock();
    const store = new InMemoryOperationalStore(clock);
    const [dead, other] = ['a', 'b'].map((holder) => new Lease({ store, clock, name: 'x', holder, ttlMs: 30 }));
    await dead!.acquire();
    clock.shift(-HOUR);
    expect(await other!.acquire()).toBeNull();
    await until(async () => (await other!.acquire()) !== null, 5_000);
  });

  it.each([['forward', HOUR], ['back', -HOUR]])('%s: one holds it at any moment, and whoever renews goes on', async (_way, jump) => {
    const clock = new TestClock();
    const store = new InMemoryOperationalStore(clock);
    const [mine, other] = ['a', 'b'].map((holder) => new Lease({ store, clock, name: 'x', holder }));
    await mine!.acquire();
    clock.shift(jump);
    if (jump < 0) {
      await mine!.acquire();
      await other!.acquire();
      expect([mine!.held !== null, other!.held]).toEqual([true, null]);
    } else {
      await other!.acquire();
      expect([mine!.held, other!.held !== null]).toEqual([null, true]);
    }
  });
});
