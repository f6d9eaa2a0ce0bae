import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStores, readConfig } from '@rolebook/installation';
import { systemClock } from '@rolebook/kernel';
import { describeWithMongo } from '@rolebook/mongodb/spec-helpers';
import { startEventStoreDbDouble, type EventStoreDbDouble } from '../../../../test/eventstoredb-double';
import { auditor, type Ran } from '../spec-helpers';

describeWithMongo('auditor migrate --to-engines', (server) => {
  let data: string;
  let double: EventStoreDbDouble;
  let database: string;
  const before = { ...process.env };
  const business = (slug: string): Promise<Ran> => auditor(['business', 'create', '--data', data, '--name', `Business ${slug}`, '--slug', slug, '--email', `owner@${slug}.example`, '--owner', 'Olive Owner']);
  const toServers = () => Object.assign(process.env, {
    EVENTSTORE_URL: double.url, MONGODB_URL: server.url, MONGODB_DATABASE: database, ROLEBOOK_SETUP_TOKEN: 'setup-token-of-the-spec',
  });
  const embedded = () => { process.env = { ...before }; delete process.env.EVENTSTORE_URL; delete process.env.MONGODB_URL; };
  const migrate = () => auditor(['migrate', '--to-engines', '--data', data, '--json']);
  const all = async (env: NodeJS.ProcessEnv) => {
    const stores = await openStores(readConfig(env), systemClock);
    const events = await stores.events.readAll({ after: 0, limit: 100_000 });
    const mail = (await stores.operational.get('mail', 'checkpoint'))?.value;
    await stores.close();
    return { events, mail };
  };

  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), 'auditor-migrate-'));
    double = await startEventStoreDbDouble();
    database = server.database();
    for (const suffix of ['-operational', '-keys', '-avatars']) server.client.db(`${database}${suffix}`);
    embedded();
    for (const slug of ['one', 'two']) expect((await business(slug)).code).toBe(0);
  }, 120_000);
  afterEach(async () => {
    process.env = { ...before };
    for (const suffix of ['-operational', '-keys', '-avatars']) await server.client.db(`${database}${suffix}`).dropDatabase();
    await double.stop();
    rmSync(data, { recursive: true, force: true });
  });

  it('moves every event with its time, its bytes and its place, and proves it', async () => {
    const here = (await all({ ROLEBOOK_DATA: data })).events;
    const replayed = (await auditor(['replay', '--data', data, '--business', 'one', '--json'])).out;
    toServers();
    const { code, out } = await migrate();
    expect({ code, answer: JSON.parse(out) as object }).toMatchObject({ code: 0, answer: { ok: true, problems: [], log: { events: here.length } } });

    process.env.ROLEBOOK_MASTER_KEY = readFileSync(join(data, 'master.key'), 'utf8').trim();
    const there = (await all(process.env)).events;
    const bare = (events: typeof here) => events.map(({ position: _, ...event }) => event);
    expect(bare(there)).toEqual(bare(here));
    expect((await auditor(['replay', '--business', 'one', '--json'])).out).toBe(replayed);
  }, 120_000);

  it('carries over up to which event mails have gone out, though it stands at another position there', async () => {
    const stores = await openStores(readConfig({ ROLEBOOK_DATA: data }), systemClock);
    const events = await stores.events.readAll({ after: 0, limit: 100 });
    const sent = events[6]!;
    await stores.operational.putMany('mail', [{ key: 'checkpoint', value: sent.position, expiresAt: null }]);
    await stores.close();
    toServers();
    expect((await migrate()).code).toBe(0);
    process.env.ROLEBOOK_MASTER_KEY = readFileSync(join(data, 'master.key'), 'utf8').trim();
    const there = await all(process.env);
    expect(there.mail).toBe(there.events.find(({ id }) => id === sent.id)!.position);
    expect(there.mail).not.toBe(sent.position);
  }, 120_000);

  it('interrupted, goes on; done, changes nothing', async () => {
    toServers();
    double.faults.next('append', 'access-denied', 1);
    await migrate().catch(() => undefined);
    expect((await migrate()).code).toBe(0);
    expect((await migrate()).code).toBe(0);
  }, 120_000);

  it('touches no servers that hold something else', async () => {
    toServers();
    expect((await migrate()).code).toBe(0);
    const other = mkdtempSync(join(tmpdir(), 'auditor-migrate-'));
    embedded();
    const first = data;
    data = other;
    expect((await business('three')).code).toBe(0);
    toServers();
    expect(await migrate()).toMatchObject({ code: 2, err: expect.stringContaining('wrong key') });
    data = first;
    rmSync(other, { recursive: true, force: true });
  }, 120_000);
});
