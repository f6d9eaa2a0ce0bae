import { SpanKind } from '@opentelemetry/api';
import { until } from '../faults/service-process';
import { business, expectStatus, Service, type Business } from './harness';
import { collectSpans, type CollectedSpan } from './span-collector';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

describe('a request in a trace', () => {
  const spans = collectSpans();
  let service: Service;
  let biz: Business;
  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
  });
  afterAll(() => service.dispose());

  const ofTrace = (name: string): CollectedSpan[] => spans.filter((span) => span.traceId === TRACE && span.name === name);

  it('goes on from its caller through the append to the read models', async () => {
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01` };
    const answer = await service.call('POST', '/v1/invitations', { email: `traced@${biz.slug}.example`, role: 'crew' }, { token: biz.owner.token, headers });
    expectStatus(answer, 201);
    expectStatus(await service.call('GET', `/v1/users/${answer.body.id}`, undefined, { token: biz.owner.token }), 200);
    const [request] = ofTrace('POST /v1/invitations');
    expect(request).toMatchObject({ kind: SpanKind.SERVER, parentId: CALLER, attributes: { 'http.request.method': 'POST', 'http.route': '/v1/invitations', 'http.response.status_code': 201 } });
    const appends = ofTrace('append');
    expect(appends.map(({ attributes }) => attributes['rolebook.event_types'])).toEqual([['EmailReserved'], ['UserInvited']]);
    for (const { parentId } of appends) expect(parentId).toBe(request!.spanId);
    await until(() => ofTrace('project UserInvited').length > 0); // with the last of the read models, for which no answer waits
    const [projected] = ofTrace('project UserInvited');
    expect(projected).toMatchObject({ kind: SpanKind.CONSUMER, parentId: appends[1]!.spanId });
  });

  it('says nothing of people: no address, no name, no token, no id but the request\'s own', async () => {
    const said = JSON.stringify(spans);
    expect(spans.length).toBeGreaterThan(3);
    for (const secret of [biz.owner.email, biz.owner.id, biz.id, biz.owner.token, 'traced@', '127.0.0.1']) expect(said).not.toContain(secret);
  });

  it('a caller without a trace gets one of its own', async () => {
    await service.call('GET', '/v1/me', undefined, { token: biz.owner.token });
    expect(spans.findLast(({ name }) => name === 'GET /v1/me')).toMatchObject({ parentId: null });
  });

  it('a path that is no route is named by none, whatever stands in it', async () => {
    await service.call('GET', '/v1/users/somebody@example.com/nothing', undefined, { token: biz.owner.token });
    expect(spans.at(-1)).toMatchObject({ name: 'GET none', attributes: { 'http.response.status_code': 404 } });
  });
});
