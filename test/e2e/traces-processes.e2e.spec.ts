import { SpanKind } from '@opentelemetry/api';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { business, expectStatus, Service } from './harness';
import { ProjectorProcess } from './projector-process';
import { collectSpans } from './span-collector';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const several = process.env.ROLEBOOK_TEST_ENGINES === 'on' ? describe : describe.skip;

several('a trace over two processes', () => {
  const spans = collectSpans();

  it('goes on in the projector, below the append that the request had made', async () => {
    const service = await Service.start({ ROLEBOOK_HOST_FOLLOWERS: 'off' });
    const file = join(service.data, 'spans.ndjson');
    const projector = ProjectorProcess.start({ ...service.environment, NODE_OPTIONS: `--require ${join(__dirname, 'span-file.cjs')}`, ROLEBOOK_TEST_SPANS: file });
    try {
      await projector.working();
      const { owner, slug } = await business(service);
      const headers = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };
      expectStatus(await service.call('POST', '/v1/invitations', { email: `traced@${slug}.example`, role: 'crew' }, { token: owner.token, headers }), 201);
      const projected = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []).filter((line) => line.includes(TRACE)).map((line) => JSON.parse(line) as { name: string; pid: number });
      while (!projected().some(({ name }) => name === 'project UserInvited')) await new Promise((resolve) => setTimeout(resolve, 20));

      const appends = spans.filter(({ traceId, name }) => traceId === TRACE && name === 'append');
      const invited = appends.find(({ attributes }) => JSON.stringify(attributes['rolebook.event_types']).includes('UserInvited'));
      const span = projected().find(({ name }) => name === 'project UserInvited')!;
      expect(span).toMatchObject({ kind: SpanKind.CONSUMER, traceId: TRACE, parentId: invited!.spanId });
      expect(span.pid).not.toBe(process.pid);
    } finally {
      await projector.stop();
      await service.dispose();
    }
  }, 60_000);
});
