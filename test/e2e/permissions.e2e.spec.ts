import { business, expectStatus, member, Service } from './harness';

describe('why a permission is what it is', () => {
  it('names who took an override away, once the role\'s level is back', async () => {
    const service = await Service.start();
    const biz = await business(service);
    const crew = await member(service, biz, 'crew');
    const other = await member(service, biz, 'super-admin', { name: 'Other Owner' });
    const change = (jobs: string | null, token: string) => service.call('PATCH', `/v1/users/${crew.id}/permissions`, { overrides: { jobs } }, { token });
    expectStatus(await change('manage', biz.owner.token), 200);
    const { body } = await change(null, other.token);
    expect(body.modules.jobs).toEqual({
      level: 'write', default: 'write', override: null, source: 'role', since: expect.any(String), by: { id: other.id, displayName: 'Other Owner' }, eventId: expect.any(String),
    });
    const { items: [entry] } = (await service.call('GET', `/v1/audit?user=${crew.id}&action=user.permission-override-removed`, undefined, { token: biz.owner.token })).body;
    expect(entry).toEqual(expect.objectContaining({ id: body.modules.jobs.eventId, at: body.modules.jobs.since }));
    await service.dispose();
  });
});
