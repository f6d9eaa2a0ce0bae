import { readFileSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { AuditExport } from '@rolebook/audit/read';
import { business, expectStatus as statusOf, invited, Service } from '../e2e/harness';
import { Folders } from './template';
import { expectStatus, ServiceProcess, until } from './service-process';

/** What a connection that asks nothing may cost, in bytes: a socket, a parser, and what little it has sent. */
const EACH = 40_000;

describe('3,000 connections on which nothing comes', () => {
  const folders = new Folders();
  const sockets = new Set<Socket>();
  let service: ServiceProcess;

  beforeAll(async () => { service = await ServiceProcess.start(folders.fresh(), { env: { NODE_OPTIONS: '--max-old-space-size=256' } }); }, 60_000);
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await service.kill();
    folders.dispose();
  });

  /** Bytes that the process has in memory. */
  const resident = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${service.child.pid!}/status`, 'utf8'))![1]) * 1024;
  const BEGINNINGS = [
    ['nothing', ''],
    ['half a header', 'GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Half'],
    ['half a body', 'POST /v1/auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{'],
  ] as const;

  async function open(beginning: string, answers: string[]): Promise<void> {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    sockets.add(socket);
    let answer = '';
    socket.on('data', (bytes) => { answer += bytes.toString('latin1'); });
    socket.on('error', () => undefined).on('close', () => { sockets.delete(socket); answers.push(answer.slice(0, 12)); });
    await new Promise<void>((resolve, reject) => { socket.once('connect', resolve).once('error', reject); });
    socket.write(beginning);
  }

  it('keep nobody waiting, take little memory, and are all told 408 and closed when their time is up', async () => {
    const biz = await service.business();
    const served = async () => expectStatus(await service.call('GET', '/v1/users', undefined, { token: biz.token }), 200);
    await served();
    const before = resident();
    const answers: string[] = [];
    for (const [, beginning] of BEGINNINGS) {
      for (let n = 0; n < 1_000; n += 50) await Promise.all(Array.from({ length: 50 }, () => open(beginning, answers)));
      await served();
    }
    expect(sockets.size + answers.length).toBe(3_000);
    expect(resident() - before).toBeLessThan(3_000 * EACH);
    while (sockets.size > 0) {
      await served();
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 408']));
    await served();
    expect(await service.stop()).toBe(0);
  }, 150_000);
});

describe('an export that nobody reads', () => {
  let service: Service;
  const lines: string[] = [];

  beforeAll(async () => {
    service = await Service.startEmbedded();
    await service.port();
  }, 60_000);
  afterAll(() => service.dispose());

  it('stops where its reader has stopped, is cut off when nothing moves for the time of a connection, and leaves a line in the log', async () => {
    const biz = await business(service);
    const { id } = await invited(service, biz, 'crew');
    const as = { token: biz.owner.token };
    const reason = 'ก'.repeat(500);
    for (let n = 0; n < 25; n++) statusOf(await service.call('PATCH', `/v1/users/${id}/permissions`, { overrides: { jobs: n % 2 ? 'manage' : 'none' }, reason }, as), 200);
    // The same page over and over: an export of hundreds of megabytes without making them.
    const exports = service.http.get(AuditExport);
    const once = exports.csv.bind(exports);
    let given = 0;
    let over = false;
    async function* overAndOver(...args: Parameters<typeof once>): AsyncGenerator<Buffer, void, void> {
      try {
        for (let n = 0; n < 10_000; n++) for await (const chunk of (await once(...args)) as AsyncIterable<Buffer>) { given += chunk.length; yield chunk; }
      } finally {
        over = true;
      }
    }
    jest.spyOn(exports, 'csv').mockImplementation(async (...args) => Readable.from(overAndOver(...args), { objectMode: false, highWaterMark: 1 }));
    const spies = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation((chunk) => { lines.push(String(chunk)); return true; }));
    const server = service.server as { setTimeout(ms: number): void; address(): AddressInfo };
    server.setTimeout(1_500); // a minute in earnest: CONNECTION_LIMITS
    const socket = connect(server.address().port, '127.0.0.1').on('error', () => undefined);
    socket.pause();
    socket.write(`GET /v1/audit/export?format=csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${biz.owner.token}\r\n\r\n`);
    let [seen, still] = [-1, 0];
    while (still < 5) { // no more is made once the buffers on the way are full
      await new Promise((resolve) => setTimeout(resolve, 100));
      [still, seen] = given > 0 && given === seen ? [still + 1, seen] : [0, given];
    }
    expect(given).toBeLessThan(64 << 20);
    statusOf(await service.call('GET', '/v1/users', undefined, as), 200);
    await until(() => over);
    await until(() => lines.some((line) => line.includes('an answer was cut off')));
    for (const spy of spies) spy.mockRestore();
    socket.destroy();
    const line = JSON.parse(lines.find((one) => one.includes('an answer was cut off'))!) as Record<string, unknown>;
    expect(line).toMatchObject({ level: 'warn', route: '/v1/audit/export', requestId: expect.any(String), sent: expect.any(Number) });
    statusOf(await service.call('GET', '/v1/users', undefined, as), 200);
  }, 60_000);
});
