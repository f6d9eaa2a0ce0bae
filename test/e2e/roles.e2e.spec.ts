import { business, member, problemOf, Service, type Business } from './harness';

describe('GET /v1/roles', () => {
  let service: Service;
  let biz: Business;

  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
  });
  afterAll(() => service.dispose());

  it('lists the six, with label, description and levels, to whoever may read Settings', async () => {
    const auditor = await member(service, biz, 'billing', { overrides: { settings: 'read' } });
    const { body } = await service.call('GET', '/v1/roles', undefined, { token: auditor.token });
    expect(body.items.map(({ role, label, levels }: { role: string; label: string; levels: Record<string, string> }) => [role, label, Object.values(levels).join(' ')])).toEqual([
      ['crew', 'Crew', 'read read write none read none'],
      ['sales', 'Sales', 'manage manage read read read none'],
      ['billing', 'Billing', 'read read read manage none none'],
      ['operations', 'Operations', 'read read manage read manage none'],
      ['admin', 'Admin', 'manage manage manage manage manage write'],
      ['super-admin', 'Super Admin', 'manage manage manage manage manage manage'],
    ]);
    expect(Object.keys(body.items[0])).toEqual(['role', 'label', 'description', 'levels']);
  });

  it('is refused to others', async () => {
    const crew = await member(service, biz, 'crew');
    expect(problemOf(await service.call('GET', '/v1/roles', undefined, { token: crew.token }))).toBe('forbidden');
  });
});
