import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HardenedResponse, identified } from './hardened-response';
import { SECURITY_HEADERS } from './headers';

async function answerOf(listener: RequestListener): Promise<Response> {
  const server: Server = createServer({ ServerResponse: HardenedResponse }, listener as never);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await answer.arrayBuffer();
  server.close();
  return answer;
}

describe('what every answer carries', () => {
  it.each<[string, RequestListener]>([
    ['with a head of its own', (_, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('x')],
    ['with a head as a list', (_, response) => response.writeHead(200, ['content-type', 'text/plain'] as never).end('x')],
    ['with words of its own for the status', (_, response) => response.writeHead(200, 'Fine', { 'content-type': 'text/plain' }).end('x')],
    ['with headers set one by one', (_, response) => response.setHeader('content-type', 'text/plain').end('x')],
  ])('an answer %s has all headers of security, and its own', async (_, listener) => {
    const { headers, status } = await answerOf(listener);
    expect([status, Object.fromEntries(headers)]).toEqual([200, expect.objectContaining({ ...SECURITY_HEADERS, 'content-type': 'text/plain' })]);
  });

  it.each<[string, RequestListener]>([
    ['in its head', (_, response) => response.writeHead(200, { 'cache-control': 'public' }).end()], ['before', (_, response) => response.setHeader('cache-control', 'public').end()],
  ])('what an answer says itself %s stands, once', async (_, listener) => {
    const { headers } = await answerOf(listener);
    expect([headers.get('cache-control'), headers.get('x-frame-options')]).toEqual(['public', 'DENY']);
  });

  it('says each header once', async () => {
    const { headers } = await answerOf((request: IncomingMessage, response) => { identified(request, 'r-1'); response.writeHead(200, { 'content-type': 'text/plain' }).end('x'); });
    expect([...Object.keys(SECURITY_HEADERS), 'x-request-id'].map((name) => headers.get(name))).toEqual([...Object.values(SECURITY_HEADERS), 'r-1']);
  });

  it('names the request, where it has an id', async () => {
    const named = await answerOf((request: IncomingMessage, response) => { identified(request, 'r-1'); response.end(); });
    const unnamed = await answerOf((_, response) => response.end());
    expect([named.headers.get('x-request-id'), unnamed.headers.get('x-request-id')]).toEqual(['r-1', null]);
  });

  it('several values of one header stay several', async () => {
    const { headers } = await answerOf((_, response) => response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end());
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });
});
