import { connect, type Socket } from 'node:net';
import { MOST_CONNECTIONS } from '../../apps/api/src/http/limits';
import { business, expectStatus, invited, problemOf, Service, type Business } from '../e2e/harness';
import { rawHttp, requestText } from '../e2e/raw-http';
import { until } from './service-process';

describe('clients that ask for too much, or do not listen', () => {
  let service: Service;
  let biz: Business;
  let port: number;

  beforeAll(async () => {
    service = await Service.startEmbedded();
    biz = await business(service);
    for (let n = 0; n < 5; n++) await invited(service, biz, 'crew');
    port = await service.port();
  }, 60_000);
  afterAll(() => service.dispose());

  const served = async () => expectStatus(await service.call('GET', '/v1/users', undefined, { token: biz.owner.token }), 200);
  const problem = ({ status, body }: { status: number; body: string }) => `${status} ${/urn:rolebook:problem:([\w-]+)/.exec(body)?.[1] ?? 'none'}`;

  it('a body announced as 100 MB is refused before it is sent', async () => {
    expect(problem(await rawHttp(service, requestText('POST /v1/auth/sign-in', { 'Content-Type': 'application/json', 'Content-Length': '104857600' })))).toBe('413 payload-too-large');
    await served();
  });

  it('JSON 30,000 arrays deep is refused as one that is not valid, not as a mistake of ours', async () => {
    const deep = `{"email":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
    expect(problem(await rawHttp(service, requestText('POST /v1/auth/sign-in', { 'Content-Type': 'application/json' }, deep)))).toBe('400 validation');
    await served();
  });

  it('10,000 query parameters do not fit into a request, and 1,000 are refused', async () => {
    const query = (count: number) => Array.from({ length: count }, (_, n) => `p${n}=1`).join('&');
    expect(problem(await rawHttp(service, requestText(`GET /v1/users?${query(10_000)}`, { Authorization: `Bearer ${biz.owner.token}` })))).toBe('431 headers-too-large');
    const answer = await service.call('GET', `/v1/users?${query(1_000)}`, undefined, { token: biz.owner.token });
    expect(problemOf(answer)).toBe('validation');
    await served();
  });

  it('more connections than a process takes are dropped, those it has are served, and with room again new ones are taken', async () => {
    const server = service.server as { maxConnections: number; getConnections(done: (error: Error | null, count: number) => void): void };
    const usual = server.maxConnections;
    const open = await new Promise<number>((resolve) => { server.getConnections((_error, count) => resolve(count)); });
    server.maxConnections = open + 1;
    const [first, second] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')].map((socket) => socket.on('error', () => undefined)) as [Socket, Socket];
    await new Promise<void>((resolve) => { second.once('close', resolve); });
    first.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await new Promise<string>((resolve) => { first.once('data', (bytes: Buffer) => resolve(bytes.toString('latin1').slice(0, 12))); })).toBe('HTTP/1.1 200');
    first.destroy();
    server.maxConnections = usual;
    expect(usual).toBe(MOST_CONNECTIONS);
    await served();
  });

  it('a client that never reads the live stream, or closes one half of its connection, keeps nobody waiting and is let go', async () => {
    const sockets: Socket[] = [];
    for (const half of [false, true]) {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      sockets.push(socket.on('error', () => undefined));
      await new Promise<void>((resolve) => { socket.once('connect', resolve); });
      socket.pause();
      socket.write(`GET /v1/audit/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${biz.owner.token}\r\n\r\n`);
      if (half) socket.end();
    }
    await served();
    for (const socket of sockets) socket.destroy();
    const connections = () => new Promise<number>((resolve) => { service.server.getConnections((_error: Error | null, count: number) => resolve(count)); });
    await until(async () => (await connections()) <= 1);
    await served();
  });
});
