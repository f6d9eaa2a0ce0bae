import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { unique } from '../e2e/harness';
import { expectClean } from './aftermath';
import { expectStatus, expectUnavailable, ServiceProcess, until, type Answer } from './service-process';
import { describeWithSmallDisks, SmallDisks } from './small-disk';

/** Each store on a disk of its own, so that one can be full while the others have room. The rest is on the disk of the read models. */
const FILES = { events: 'events.db', operational: 'operational.db', keys: 'keys.db', outbox: 'outbox', avatars: 'avatars' } as const;
const DISKS = [...Object.keys(FILES), '.'];

describeWithSmallDisks('a full disk', () => {
  let disks: SmallDisks;
  let service: ServiceProcess;
  let biz: Awaited<ReturnType<ServiceProcess['business']>>;
  let data: string;
  const through = () => ({ through: disks.through });
  const inside = () => join(disks.inside, 'data');
  /** Addresses whose invitation was acknowledged. */
  const acknowledged = new Set<string>();

  beforeAll(async () => {
    disks = await SmallDisks.make({ '.': 32, events: 4, operational: 4, keys: 4, outbox: 1, avatars: 1 });
    data = join(disks.outside, 'data');
    mkdirSync(data);
    for (const [folder, file] of Object.entries(FILES)) symlinkSync(join('..', folder, ...(file.includes('.') ? [file] : [])), join(data, file));
    service = await ServiceProcess.start(inside(), through());
    biz = await service.business();
  }, 60_000);
  afterAll(async () => {
    await service.kill();
    await disks.dispose();
  });

  const as = () => ({ token: biz.token });
  const address = () => `${unique('full')}@x.example`;
  const invite = async (email: string, headers: Record<string, string> = {}): Promise<Answer> => {
    const answer = await service.call('POST', '/v1/invitations', { email, role: 'crew' }, { ...as(), headers });
    if (answer.status === 201) acknowledged.add(email);
    return answer;
  };
  /** Until one is refused: files have some room of their own left. */
  const refused = async (ask: () => Promise<Answer>): Promise<Answer> => {
    for (let n = 0; n < 300; n++) {
      const answer = await ask();
      if (answer.status >= 400) return answer;
    }
    throw new Error('it was never refused');
  };
  const listed = async (email: string) => (expectStatus(await service.call('GET', `/v1/users?q=${email}`, undefined, as()), 200).body.items as unknown[]).length;
  const readsGoOn = async () => {
    expectStatus(await service.call('GET', '/v1/me', undefined, as()), 200);
    expectStatus(await service.call('GET', '/v1/users', undefined, as()), 200);
    expectStatus(await service.call('GET', '/v1/authorization?module=jobs&level=read', undefined, as()), 204);
  };
  const picture = async () => sharp({ create: { width: 8, height: 8, channels: 3, background: '#0a0' } }).png().toBuffer();
  const setPicture = async () => service.call('PUT', '/v1/me/avatar', await picture(), { ...as(), headers: { 'content-type': 'image/png' } });

  it('under the event log: changes are refused with 503 and nothing is half done, reads go on; with space again it goes on without a restart', async () => {
    disks.fill('events');
    expectUnavailable(await refused(() => invite(address())));
    const email = address();
    expectUnavailable(await invite(email));
    await readsGoOn();
    expect(await listed(email)).toBe(0);
    disks.free('events');
    expectStatus(await invite(email), 201);
    expect(await listed(email)).toBe(1);
  });

  it('under the operational state: what counts attempts or keeps keys is refused with 503, the rest goes on; with space again, all', async () => {
    disks.fill('operational');
    const key = { 'idempotency-key': unique('key-') };
    expectUnavailable(await refused(() => invite(address(), { 'idempotency-key': unique('key-') })));
    const email = address();
    expectUnavailable(await invite(email, key));
    expectUnavailable(await service.call('POST', '/v1/auth/sign-in', { business: biz.slug, email: biz.email, password: 'not the password at all' }));
    await readsGoOn();
    expectStatus(await invite(address()), 201);
    disks.free('operational');
    const first = expectStatus(await invite(email, key), 201);
    expect((await invite(email, key)).text).toBe(first.text);
    await service.signIn(biz.slug, biz.email);
    expect(await listed(email)).toBe(1);
  });

  it('under the keys: nobody new is taken in and the answer is 503, reads go on; with space again the same request is done', async () => {
    disks.fill('keys');
    expectUnavailable(await refused(() => invite(address())));
    const [email, key] = [address(), { 'idempotency-key': unique('key-') }];
    expectUnavailable(await invite(email, key));
    await readsGoOn();
    disks.free('keys');
    expectStatus(await invite(email, key), 201);
    expect(await listed(email)).toBe(1);
  });

  it('under the read models: changes are taken and kept, what is not shown yet is answered with 503 behind, readiness says so; with space again they catch up', async () => {
    disks.fill('.');
    const email = address();
    expectStatus(await invite(email), 201);
    // Read models go at their own pace: that of people may be the last one to find no room.
    const fits = async (path: string) => (await service.call('GET', path, undefined, as())).status === 200;
    for (let n = 0; n < 100 && (await fits('/health/ready') || await fits('/v1/users')); n++) expectStatus(await invite(address()), 201);
    const ready = await service.call('GET', '/health/ready');
    expect([ready.status, ready.body.down]).toEqual([503, ['projections']]);
    expectUnavailable(await service.call('GET', '/v1/users', undefined, as()), 'behind');
    expectStatus(await service.call('GET', '/v1/authorization?module=jobs&level=read', undefined, as()), 204);
    expectStatus(await service.call('GET', '/health/live'), 200);
    disks.free('.');
    await until(async () => (await service.call('GET', '/health/ready')).status === 200);
    expect(await listed(email)).toBe(1);
  });

  it('under the outbox: invitations are taken, their mails wait; with space again every one of them is there, once', async () => {
    disks.fill('outbox');
    const emails = Array.from({ length: 3 }, address);
    for (const email of emails) expectStatus(await invite(email), 201);
    const mails = () => readdirSync(join(disks.outside, 'outbox')).filter((name) => name.endsWith('.eml')).length;
    await until(() => service.said.includes('a mail could not be sent and is tried again'));
    disks.free('outbox');
    await until(() => mails() === acknowledged.size);
    expect(readdirSync(join(disks.outside, 'outbox')).filter((name) => !name.endsWith('.eml'))).toEqual([]);
  });

  it('under the pictures: a new one is refused with 503 and the old one stays; with space again it is taken', async () => {
    const url = expectStatus(await setPicture(), 200).body.avatarUrl as string;
    disks.fill('avatars');
    expectUnavailable(await setPicture());
    expectStatus(await service.call('GET', url, undefined, as()), 200);
    disks.free('avatars');
    const next = expectStatus(await setPicture(), 200).body.avatarUrl as string;
    expectStatus(await service.call('GET', next, undefined, as()), 200);
    const pictures = readdirSync(join(disks.outside, 'avatars'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(pictures).toEqual([expect.stringMatching(/^[\da-f-]{36}\.[\w-]+$/)]);
  });

  it('under everything, when the power goes too: it starts all the same and reads go on; with space again everything acknowledged is there, the log is whole, read models are as made anew, no address is stranded', async () => {
    const kept = acknowledged.size;
    for (const disk of DISKS) disks.fill(disk);
    const lost: string[] = [];
    for (let n = 0; n < 20; n++) {
      const email = address();
      if ((await invite(email)).status === 503) lost.push(email);
    }
    expect(acknowledged.size - kept + lost.length).toBe(20);
    await service.kill();
    service = await ServiceProcess.start(inside(), through());
    await readsGoOn();
    expectUnavailable(await refused(() => invite(address())));

    for (const disk of DISKS) disks.free(disk);
    for (const email of lost) await until(async () => (await invite(email)).status === 201); // an address held by somebody who never was is free after 10 s
    for (const email of acknowledged) expect([email, await listed(email)]).toEqual([email, 1]);
    expect(await service.signIn(biz.slug, biz.email)).toEqual(expect.any(String));
    expect(await service.stop()).toBe(0);
    const events = await expectClean(data);
    expect(events.filter(({ type }) => type === 'UserInvited')).toHaveLength(acknowledged.size);
  });
});
