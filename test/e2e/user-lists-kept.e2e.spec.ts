import { business, expectStatus, invited, member, Service, signIn, type Business, type Person } from './harness';
import { enrol } from './totp';

const LIST = '/v1/users?limit=20&sort=displayName';
const DAY_MS = 24 * 3600 * 1000;

/** The service may give a page again as it was sent before. Guards against one that is given although it would read differently now. */
describe('a list that was asked for before', () => {
  let service: Service;
  let biz: Business;
  let crew: Person;
  beforeAll(async () => {
    service = await Service.start();
    const made = await business(service);
    biz = { ...made, owner: await enrol(service, made.owner) };
    crew = await member(service, biz, 'crew', { name: 'Anna' });
  });
  afterAll(() => service.dispose());

  const call = (method: string, path: string, body?: unknown, token = biz.owner.token) => service.call(method, path, body, { token });
  const list = async (of = biz, path = LIST) => {
    const answer = await call('GET', path, undefined, of.owner.token);
    expectStatus(answer, 200);
    return answer.body.items as Record<string, any>[]; // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever comes
  };
  const anna = async () => (await list()).find(({ id }) => id === crew.id)!;

  it('reads the same where nothing has changed', async () => {
    const read = await list();
    await list(); // kept from the second time on
    expect(await list()).toEqual(read);
  });

  it.each<[string, () => Promise<unknown>, object]>([
    ['another name', () => call('PATCH', `/v1/users/${crew.id}`, { displayName: 'Änne' }), { displayName: 'Änne' }],
    ['another role', () => call('PUT', `/v1/users/${crew.id}/role`, { role: 'admin' }), { role: 'admin', permissions: expect.objectContaining({ settings: 'write' }) }],
    ['an override', () => call('PATCH', `/v1/users/${crew.id}/permissions`, { overrides: { jobs: 'read' } }), { overrides: { jobs: 'read' }, permissions: expect.objectContaining({ jobs: 'read' }) }],
    ['a policy of the business that asks more of people', () => call('PUT', '/v1/settings/two-factor', { policy: 'admins' }), { twoFactor: { enabled: false, required: true, enabledAt: null } }],
    ['the end of an account', () => call('POST', `/v1/users/${crew.id}/deactivate`, {}), { status: 'deactivated' }],
  ])('shows %s at once', async (_, change, shown) => {
    const everybody = `${LIST}&status=active,deactivated`;
    await list(biz, everybody);
    await list(biz, everybody); // kept from the second time on
    expectStatus((await change()) as never, 200);
    expect((await list(biz, everybody)).find(({ id }) => id === crew.id)).toMatchObject(shown);
    if (!('status' in shown)) expect(await anna()).toMatchObject(shown);
  });

  it('shows an invitation as expired from the moment on, with no event', async () => {
    const other: { -readonly [Key in keyof Business]: Business[Key] } = await business(service);
    const { id } = await invited(service, other, 'sales');
    const status = async () => (await list(other)).find((item) => item.id === id)!.status as string;
    expect([await status(), await status(), await status()]).toEqual(['invited', 'invited', 'invited']);
    service.clock.shift(8 * DAY_MS);
    other.owner = await signIn(service, other.slug, other.owner.email);
    expect(await status()).toBe('invitation-expired');
    service.clock.shift(-8 * DAY_MS);
  });

  it('is the one of the business that asks, and of whoever may look', async () => {
    const other = await business(service);
    const sales = await member(service, other, 'sales');
    expect((await list(other)).map(({ id }) => id).sort()).toEqual([other.owner.id, sales.id].sort());
    expectStatus(await call('GET', LIST, undefined, sales.token), 403);
  });
});
