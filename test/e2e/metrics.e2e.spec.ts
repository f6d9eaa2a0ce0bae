import { get } from 'node:http';
import { business, Service } from './harness';

describe('metrics', () => {
  it('counts requests by route pattern, commands and appended events, and shows how far the read models lag', async () => {
    const service = await Service.start();
    const biz = await business(service);
    await service.call('GET', `/v1/users/${biz.owner.id}`, undefined, { token: biz.owner.token });
    const { text, headers } = await service.call('GET', '/metrics');
    expect(headers['content-type']).toContain('text/plain');
    expect(text).toContain('rolebook_http_request_duration_seconds_count{method="GET",route="/v1/users/:id",status="200"} 1');
    expect(text).toContain('rolebook_commands_total{command="SignIn"} 1');
    expect(text).toContain('rolebook_events_appended_total{type="SessionStarted"} 1');
    expect(text).toContain('rolebook_live_sessions 1');
    expect(text).toContain('rolebook_live_access_trusted 1');
    expect(text).toContain('rolebook_projection_lag_events 0');
    expect(text).toContain('rolebook_projection_lag_seconds 0');
    expect(text).not.toContain(biz.owner.id);
    await service.dispose();
  });

  it('has a port of its own where one is configured, and is then not beside the API', async () => {
    const port = 20_000 + (process.pid % 20_000);
    const service = await Service.start({ ROLEBOOK_METRICS_PORT: String(port) });
    expect((await service.call('GET', '/metrics')).status).toBe(404);
    const status = await new Promise((resolve, reject) => { get(`http://127.0.0.1:${port}/metrics`, (answer) => { answer.resume(); resolve(answer.statusCode); }).once('error', reject); });
    expect(status).toBe(200);
    await service.dispose();
  });
});
