import type { FaultKind } from '../eventstoredb-double';
import { Front } from '../eventstoredb-double/front';
import { streamNames } from '@rolebook/access';
import { business, expectStatus, member, problemOf, Service, signIn, unique, type Answer, type Business, type Person } from './harness';

const { ROLEBOOK_TEST_ENGINES, EVENTSTORE_URL, MONGODB_URL = '' } = process.env;
// A real EventStoreDB has no faults on demand.
const withFaults = ROLEBOOK_TEST_ENGINES === 'on' && !EVENTSTORE_URL ? describe : describe.skip;

/** The service on servers that fail: what is answered, and what is left behind. */
withFaults('when the servers fail', () => {
  let front: Front;
  let service: Service;
  let biz: Business;
  let crew: Person;
  beforeAll(async () => {
    front = new Front(Number(new URL(MONGODB_URL).port || 27017));
    service = await Service.start({ MONGODB_URL: `mongodb://127.0.0.1:${await front.open(0)}/?directConnection=true` });
    biz = await business(service);
    crew = await member(service, biz, 'crew');
  }, 60_000);
  afterEach(async () => {
    faults().clear();
    await Promise.all([front.reopen(), faults().comeBack()]);
  });
  afterAll(async () => {
    await service.dispose();
    await front.shut();
  });

  const faults = () => service.engines!.double!.faults;
  const owner = () => ({ token: biz.owner.token });
  const get = (path: string, token = biz.owner.token) => service.call('GET', path, undefined, { token });
  const newcomer = () => ({ email: `${unique('away')}@${biz.slug}.example`, role: 'crew' });
  const invite = (body: object, key: string): Promise<Answer> => service.call('POST', '/v1/invitations', body, { ...owner(), headers: { 'idempotency-key': key } });
  const events = async (stream: string, type: string) => (await service.installation.events.readStream(stream)).filter((event) => event.type === type);
  const eventually = async (holds: () => Promise<boolean>) => { while (!(await holds().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 50)); };

  function expectUnavailable(answer: Answer): void {
    expect({ status: answer.status, problem: problemOf(answer), retryAfter: answer.headers['retry-after'] }).toEqual({ status: 503, problem: 'unavailable', retryAfter: expect.stringMatching(/^[1-9]\d*$/) });
  }
  /** One user with that address, invited by one event, told by one mail. */
  async function expectInvitedOnce(email: string, answer: Answer): Promise<void> {
    expectStatus(answer, 201);
    const { items } = (await get(`/v1/users?q=${email.split('@')[0]}`)).body as { items: { id: string }[] };
    expect(items.map(({ id }) => id)).toEqual([answer.body.id]);
    expect(await events(streamNames.user(biz.id, answer.body.id), 'UserInvited')).toHaveLength(1);
    await service.mailTo(email);
    expect(service.mails().filter(({ to }) => to.includes(email))).toHaveLength(1);
  }

  describe('EventStoreDB, at an append', () => {
    it.each<[FaultKind, string]>([
      ['not-leader', 'is not the leader, and says who is'], ['no-leader', 'is electing a leader'], ['unavailable', 'is not ready'],
      ['lost', 'stores it and loses the answer'], ['timeout', 'stores it and says that it timed out'], ['lost-in-silence', 'stores it and says nothing'],
    ])('%s: where it %s for a moment, nobody notices', async (fault) => {
      const body = newcomer();
      faults().next('append', fault);
      await expectInvitedOnce(body.email, await invite(body, unique('key-')));
    }, 30_000);

    it.each<FaultKind>(['unavailable', 'no-leader', 'hang'])('%s for long: 503, to be tried again, and nothing is done', async (fault) => {
      const [body, key, head] = [newcomer(), unique('key-'), await service.installation.events.head()];
      faults().next('append', fault, Infinity);
      expectUnavailable(await invite(body, key));
      faults().clear();
      expect(await service.installation.events.head()).toBe(head);
      await expectInvitedOnce(body.email, await invite(body, key));
    }, 30_000);

    it.each<FaultKind>(['lost', 'lost-in-silence'])('%s for long: 503 with an outcome that nobody knows; the same request makes it known, and done once', async (fault) => {
      const [body, key] = [newcomer(), unique('key-')];
      faults().next('append', fault, Infinity);
      expectUnavailable(await invite(body, key));
      faults().clear();
      await expectInvitedOnce(body.email, await invite(body, key));
    }, 30_000);

    it.each<FaultKind>(['unavailable', 'lost'])('%s half-way, the address reserved and nobody invited yet: it heals, by the same request or by another', async (fault) => {
      const [body, other] = [newcomer(), newcomer()];
      const key = unique('key-');
      for (const [person, as] of [[body, key], [other, unique('key-')]] as const) {
        faults().next('append', fault, Infinity, 1);
        expectUnavailable(await invite(person, as));
        faults().clear();
      }
      await expectInvitedOnce(body.email, await invite(body, key));
      // Whoever has lost the key asks anew, once the reservation is no longer taken for one in the making (ADR 4).
      service.clock.shift(11_000);
      const again = await invite(other, unique('key-'));
      if (fault === 'lost') expect(problemOf(again)).toBe('email-taken');
      else expectStatus(again, 201);
      const { items } = (await get(`/v1/users?q=${other.email.split('@')[0]}`)).body as { items: unknown[] };
      expect(items).toHaveLength(1);
    }, 60_000);

    it('a conflict of revisions is decided anew, and told where the caller had said what it has seen', async () => {
      const path = `/v1/users/${crew.id}`;
      const { headers } = await get(path);
      faults().next('append', 'forgotten');
      expectStatus(await service.call('PATCH', path, { displayName: 'Decided Anew' }, owner()), 200);
      const stale = await service.call('PATCH', path, { displayName: 'Too Late' }, { ...owner(), headers: { 'if-match': headers.etag! } });
      expect({ status: stale.status, name: (await get(path)).body.displayName }).toEqual({ status: 412, name: 'Decided Anew' });
    });

    it('a conflict at every try: 503, nothing changed', async () => {
      const path = `/v1/users/${crew.id}`;
      faults().next('append', 'forgotten', Infinity);
      expectUnavailable(await service.call('PATCH', path, { displayName: 'Never' }, owner()));
      faults().clear();
      expect((await get(path)).body.displayName).not.toBe('Never');
    });

    it('access denied is nobody\'s fault who asks, and not worth trying again: 500, nothing done, nothing told', async () => {
      const body = newcomer();
      faults().next('append', 'access-denied', Infinity);
      const answer = await invite(body, unique('key-'));
      expect({ status: answer.status, problem: problemOf(answer), retryAfter: answer.headers['retry-after'] }).toEqual({ status: 500, problem: 'internal', retryAfter: undefined });
      expect(answer.text).not.toMatch(/EventStore|access/i);
      faults().clear();
      expect((await get(`/v1/users?q=${body.email.split('@')[0]}`)).body.items).toEqual([]);
      await expectInvitedOnce(body.email, await invite(body, unique('key-')));
    });
  });

  describe('a server that is away and comes back', () => {
    const ready = () => service.call('GET', '/health/ready');
    const allIsWell = async () => {
      await eventually(async () => (await ready()).status === 200);
      biz = { ...biz, owner: await signIn(service, biz.slug, biz.owner.email, biz.owner.id) };
      await eventually(async () => (await get('/v1/users')).status === 200);
    };

    it('EventStoreDB: who is in memory is still let in for a while, lists are shown; changes are put off, and done once when it is back', async () => {
      const [body, key] = [newcomer(), unique('key-')];
      for (const path of ['/v1/authorization?module=jobs&level=write', '/v1/me']) expect((await get(path)).status).toBeLessThan(300);
      await faults().goAway();
      expect((await get('/v1/authorization?module=jobs&level=write')).status).toBe(204);
      expect((await get('/v1/users')).status).toBe(200);
      expectUnavailable(await invite(body, key));
      // By now nobody has heard of the log for too long: memory is believed no longer.
      await eventually(async () => !service.installation.live.trusted);
      expectUnavailable(await get('/v1/authorization?module=jobs&level=write'));
      expect(await ready()).toMatchObject({ status: 503, body: { status: 'down', down: expect.arrayContaining(['eventStore']) } });
      const metrics = await service.call('GET', '/metrics');
      expect(metrics).toMatchObject({ status: 200, text: expect.stringMatching(/^rolebook_projection_lag_seconds Nan$/m) });
      expect(metrics.text).toMatch(/^rolebook_live_access_trusted 0$/m);

      await faults().comeBack();
      await allIsWell();
      await expectInvitedOnce(body.email, await invite(body, key));
      await eventually(async () => service.installation.live.trusted);
    }, 90_000);

    it('MongoDB: who is in memory is let in; lists and changes are put off, and done once when it is back', async () => {
      const [body, key] = [newcomer(), unique('key-')];
      expect((await get('/v1/authorization?module=jobs&level=write', crew.token)).status).toBe(204);
      await front.shut();
      expect((await get('/v1/authorization?module=jobs&level=write', crew.token)).status).toBe(204);
      expectUnavailable(await get('/v1/users'));
      expectUnavailable(await invite(body, key));
      const down = await ready();
      expect(down).toMatchObject({ status: 503, body: { status: 'down', down: expect.arrayContaining(['documentStore', 'operationalStore']) } });
      expect(down.body.down).not.toContain('eventStore');

      await front.reopen();
      await allIsWell();
      await expectInvitedOnce(body.email, await invite(body, key));
    }, 90_000);

    it.each<['is cut off' | 'goes silent', number]>([['is cut off', 1], ['is cut off', 3], ['is cut off', 7], ['goes silent', 2], ['goes silent', 5]])(
      'MongoDB %s while a change is under way, at message %i: it is done or put off, nothing is half done, and the same request does it once', async (how, message) => {
      const [body, key] = [newcomer(), unique('key-')];
      const moment = front.message(message);
      const underWay = invite(body, key);
      await moment;
      if (how === 'is cut off') await front.shut();
      else front.swallow();
      const answer = await underWay;
      if (answer.status !== 201) expectUnavailable(answer);
      await front.reopen();
      await allIsWell();
      await expectInvitedOnce(body.email, answer.status === 201 ? answer : await invite(body, key));
      await expectInvitedOnce(body.email, await invite(body, key));
    }, 90_000);

    it('both at once: the process lives, says so, and works again', async () => {
      await Promise.all([faults().goAway(), front.shut()]);
      for (let n = 0; n < 2; n++) {
        const { status, body } = await ready();
        expect({ status, down: (body.down as string[]).filter((name) => name !== 'projections').sort() }).toEqual({ status: 503, down: ['documentStore', 'eventStore', 'operationalStore'] });
      }
      expect((await service.call('GET', '/health/live')).status).toBe(200);
      await Promise.all([faults().comeBack(), front.reopen()]);
      await allIsWell();
      const body = newcomer();
      await expectInvitedOnce(body.email, await invite(body, unique('key-')));
    }, 90_000);
  });
});
