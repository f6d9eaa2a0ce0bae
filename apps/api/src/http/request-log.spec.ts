import Fastify from 'fastify';
import { Lines } from '@rolebook/log';
import { logRequests } from './request-log';

const ID = '01900000-0000-7000-8000-000000000001';

async function linesOf(...requests: readonly { readonly method: 'GET' | 'HEAD' | 'POST'; readonly url: string; readonly headers?: Record<string, string> }[]): Promise<Record<string, unknown>[]> {
  let text = '';
  const lines = new Lines((more) => { text += more; }, { once: () => process });
  const fastify = Fastify({ genReqId: () => ID });
  logRequests(fastify, lines);
  fastify.addHook('onRequest', async (request) => {
    if (request.headers.authorization) Object.assign(request, { principal: { businessId: 'b1', userId: 'u1' } });
  });
  fastify.get('/v1/users/:id', async () => 'body-text');
  fastify.post('/v1/auth/sign-in', async (_request, reply) => reply.status(401).send('body-text'));
  for (const request of requests) await fastify.inject(request);
  await fastify.close();
  return text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log of requests', () => {
  it('says what was asked for, by whom, and how it went, in a line', async () => {
    const [line] = await linesOf({ method: 'GET', url: '/v1/users/u7', headers: { authorization: 'Bearer secret-token' } });
    expect(line).toEqual({ time: expect.stringMatching(/^\d{4}-.*Z$/), level: 'info', message: 'request', method: 'GET', route: '/v1/users/:id', status: 200, ms: expect.any(Number), requestId: ID, businessId: 'b1', userId: 'u1' });
  });

  it('tells methods of one route, and requests that meet none, apart', async () => {
    const lines = await linesOf({ method: 'GET', url: '/v1/users/u7' }, { method: 'HEAD', url: '/v1/users/u7' }, { method: 'POST', url: '/v1/auth/sign-in' }, { method: 'GET', url: '/nowhere' }, { method: 'POST', url: '/nowhere' });
    expect(lines.map(({ method, route, status }) => [method, route, status])).toEqual([
      ['GET', '/v1/users/:id', 200], ['HEAD', '/v1/users/:id', 200], ['POST', '/v1/auth/sign-in', 401], ['GET', null, 404], ['POST', null, 404],
    ]);
  });

  it('holds no ids of paths, queries, tokens, headers or bodies', async () => {
    const lines = await linesOf(
      { method: 'GET', url: '/v1/users/id-in-path?q=in-query', headers: { authorization: 'Bearer secret-token', 'user-agent': 'in-a-header' } },
      { method: 'POST', url: '/v1/auth/sign-in', headers: { 'content-type': 'application/json' } }, { method: 'GET', url: '/lost/path-of-nobody?in-query' },
    );
    for (const secret of ['id-in-path', 'in-query', 'secret-token', 'in-a-header', 'body-text', 'path-of-nobody']) expect(JSON.stringify(lines)).not.toContain(secret);
  });
});
