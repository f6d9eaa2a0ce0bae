import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
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

/** All bytes that come back for some requests on one connection, which ends with them, as latin1; without the date. */
async function bytesFor(requests: string, listener: RequestListener): Promise<string> {
  const server: Server = createServer({ ServerResponse: HardenedResponse }, listener as never);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.end(requests);
  let bytes = '';
  for await (const chunk of socket.setEncoding('latin1')) bytes += chunk as string;
  server.close();
  return bytes.replace(/^Date: .*\r\n/gm, '');
}

const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
const bodies = (bytes: string) => bytes.split('HTTP/1.1 ').slice(1).map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4));
const utf8 = (text: string) => Buffer.from(text).toString('latin1');
const sized = (text: string) => ({ 'content-length': String(Buffer.byteLength(text)) });

describe('a body that is a text', () => {
  it('goes out with its head in one write, and tells when it is done', async () => {
    const writes: unknown[] = [];
    let done = 0;
    const bytes = await bytesFor(GET, (_, response) => {
      const write = response.socket!.write.bind(response.socket) as (...args: unknown[]) => boolean;
      response.socket!.write = ((...args: unknown[]) => { writes.push(args[0]); return write(...args); });
      response.on('finish', () => { done++; });
      response.writeHead(200, sized('{"a":1}')).end('{"a":1}', 'utf8');
    });
    expect([bodies(bytes), done]).toEqual([['{"a":1}'], 1]);
    expect(writes).toEqual([expect.stringMatching(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n\{"a":1\}$/)]);
  });

  it.each<[string, RequestListener, string]>([
    ['in UTF-8', (_, response) => response.writeHead(200, sized('สวัสดี')).end('สวัสดี', 'utf8'), utf8('สวัสดี')],
    ['without saying so', (_, response) => response.writeHead(200, sized('สวัสดี')).end('สวัสดี'), utf8('สวัสดี')],
    ['as Fastify sends it', (_, response) => response.writeHead(200, sized('สวัสดี')).end('สวัสดี', null as never, null as never), utf8('สวัสดี')],
    ['as bytes', (_, response) => response.writeHead(200, { 'content-length': '3' }).end('\u00e0\u00b8\u00aa', 'latin1'), '\u00e0\u00b8\u00aa'],
    ['in another encoding', (_, response) => response.writeHead(200, { 'content-length': '2' }).end('6869', 'hex'), 'hi'],
    ['of no length', (_, response) => response.writeHead(200, { 'content-length': '0' }).end('', 'utf8'), ''],
    ['of a length that nobody says', (_, response) => response.writeHead(200, {}).end('hi'), '2\r\nhi\r\n0\r\n\r\n'],
    ['after a part of it', (_, response) => { response.writeHead(200, { 'content-length': '4' }).write('hi'); response.end('hi'); }, 'hihi'],
    ['with a listener for its end', (_, response) => response.writeHead(200, { 'content-length': '2' }).end('hi', 'utf8', () => undefined), 'hi'],
    ['without a head of its own', (_, response) => response.end('hi'), 'hi'],
    ['that is a buffer', (_, response) => response.writeHead(200, { 'content-length': '2' }).end(Buffer.from('hi')), 'hi'],
    ['that is none', (_, response) => response.writeHead(204).end(), ''],
  ])('%s arrives whole, and the next answer behind it', async (_, listener, expected) => {
    expect(bodies(await bytesFor(`${GET}${GET}`, listener))).toEqual([expected, expected]);
  });

  it('does not go out where only the head was asked for', async () => {
    expect(bodies(await bytesFor('HEAD / HTTP/1.1\r\nhost: x\r\n\r\n', (_, response) => response.writeHead(200, sized('hi')).end('hi')))).toEqual(['']);
  });

  it('arrives in the order of the requests, whichever is answered first', async () => {
    let first: (() => void) | null = null;
    const bytes = await bytesFor(`${GET}${GET}`, (_, response) => {
      if (!first) { first = () => { response.writeHead(200, sized('one')).end('one'); }; return; }
      response.writeHead(200, sized('two')).end('two');
      first();
    });
    expect(bodies(bytes)).toEqual(['one', 'two']);
  });
});
