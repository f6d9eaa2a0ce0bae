import fastify, { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { drainAtClose } from './draining';

describe('closing', () => {
  let app: FastifyInstance;
  let port: number;
  let answer: () => void;

  async function start(within?: number): Promise<void> {
    app = fastify();
    drainAtClose(app, within);
    const asked = new Promise<void>((resolve) => { answer = resolve; });
    app.get('/slow', async () => { await asked; return 'done'; });
    app.get('/quick', async () => 'done');
    await app.listen({ port: 0, host: '127.0.0.1' });
    port = (app.server.address() as AddressInfo).port;
  }

  async function client(text: string): Promise<{ readonly socket: Socket; readonly heard: () => string; readonly gone: Promise<unknown> }> {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk) => { heard += chunk.toString(); }).on('error', () => undefined);
    const [gone, served] = [once(socket, 'close'), once(app.server, 'connection')];
    await served;
    if (text !== '') socket.write(text);
    return { socket, heard: () => heard, gone };
  }

  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`;

  async function until(true_: () => boolean): Promise<void> {
    while (!true_()) await new Promise((resolve) => { setTimeout(resolve, 5); });
  }

  it('waits for nobody who never sent a request, or half of one, or was answered', async () => {
    await start();
    const silent = await client('');
    const half = await client('GET /quick HTTP/1.1\r\nHost:');
    const answered = await client(get('/quick'));
    await until(() => answered.heard().endsWith('done'));
    await app.close();
    await Promise.all([silent.gone, half.gone, answered.gone]);
    expect([silent.heard(), half.heard()]).toEqual(['', '']);
  });

  it('lets a request under way end, and its connection then', async () => {
    await start();
    const slow = await client(get('/slow'));
    await once(app.server, 'request');
    const closed = app.close();
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    expect(slow.socket.closed).toBe(false);
    answer();
    await Promise.all([closed, slow.gone]);
    expect(slow.heard()).toMatch(/^HTTP\/1.1 200 [^]*done$/);
  });

  it('cuts off one that does not end in time', async () => {
    await start(50);
    const slow = await client(get('/slow'));
    await once(app.server, 'request');
    await app.close();
    await slow.gone;
    expect(slow.heard()).toBe('');
    answer();
  });
});
