import { Controller, Get, Injectable, Module, Query, Res, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onAnswered } from './answered';
import { HardenedResponse, identified } from './hardened-response';
import { Quick, quickRoutes } from './quick';
import { QuickServer } from './quick-server';
import { Field, oneOf, textUpTo } from './validation';

/** Which way each request came to the guards, and what was told of answers. */
let ways: string[] = [];
let answers: unknown[] = [];

@Injectable()
class Who implements CanActivate {
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const asked = context.switchToHttp().getRequest<FastifyRequest>();
    ways.push('getArgs' in context ? 'framework' : 'server' in asked ? 'fastify' : 'before');
    if (asked.headers.who === 'nobody') throw new Error('not you');
    return asked.headers.who === 'slow' ? new Promise((resolve) => setTimeout(() => resolve(true), 1)) : asked.headers.who === 'anna';
  }
}

class Asked {
  @Field(oneOf(['a', 'none', 'later', 'object']), { enum: ['a', 'none', 'later', 'object'] }) letter!: string;
  @Field(textUpTo(500), { type: String, required: false }) more?: string;
}

@Controller('v1/things')
class Things {
  @Get('quick')
  @Quick()
  quick(@Query() { letter, more = '' }: Asked, @Res() reply: FastifyReply): void | Promise<void> {
    if (letter === 'none') return void reply.status(204).send();
    if (letter === 'later') return Promise.resolve().then(() => void reply.header('content-type', 'text/plain').send(Buffer.from('later')));
    if (letter === 'object') return void reply.send({ letter });
    void reply.header('content-type', 'application/json; charset=utf-8').send(`"${more}\u0e01"`);
  }
}

async function served(): Promise<{ readonly app: NestFastifyApplication; readonly port: number }> {
  @Module({ controllers: [Things], providers: [Who, { provide: APP_GUARD, useExisting: Who }] })
  class App {}
  const adapter = new FastifyAdapter({ genReqId: (raw: IncomingMessage) => identified(raw, randomUUID()), http: { ServerResponse: HardenedResponse } });
  const app = await NestFactory.create<NestFastifyApplication>(App, adapter, { logger: false });
  const fastify = app.getHttpAdapter().getInstance();
  const answered = onAnswered(fastify, ({ id, method, routeOptions }, { statusCode, elapsedTime }) => answers.push([id, method, routeOptions.url, routeOptions.config, statusCode, elapsedTime > 0]));
  new QuickServer(quickRoutes(app, [Things], [Who]), [answered]).before(fastify);
  await app.listen(0, '127.0.0.1');
  return { app, port: (fastify.server.address() as AddressInfo).port };
}

describe('a quick route asked before Fastify', () => {
  let app: NestFastifyApplication;
  let port: number;
  beforeEach(async () => {
    ({ app, port } = await served());
    await ask('letter=a');
    await told(1);
    [ways, answers] = [[], []];
  });
  afterEach(() => app.close());

  const ask = (query: string, { who = 'anna', method = 'GET', path = '/v1/things/quick' } = {}) => new Promise<{ readonly status: number | undefined; readonly headers: string[]; readonly body: string }>((resolve, reject) => {
    request({ port, host: '127.0.0.1', method, path: `${path}?${query}`, headers: { who } }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => { body += text; }).on('end', () => resolve({ status: answer.statusCode, headers: answer.rawHeaders, body }));
    }).on('error', reject).end();
  });
  /** An answer is told of once all of it was sent, which may be after its client has it. */
  const told = async (count: number) => { while (answers.length < count) await new Promise((resolve) => setTimeout(resolve, 1)); };
  const withoutId = (headers: readonly string[]) => headers.map((value, at) => (['x-request-id', 'Date'].includes(headers[at - 1] ?? '') ? '' : value));

  it.each(['letter=a', 'letter=none', 'letter=later', `letter=a&more=${'%C3%BC'.repeat(200)}`])('is answered as Fastify would, byte for byte: %s', async (query) => {
    const before = await ask(query);
    const fastify = await ask(query, { path: '/v1/things/%71uick' });
    expect(ways).toEqual(['before', 'fastify']);
    expect({ ...before, headers: withoutId(before.headers) }).toEqual({ ...fastify, headers: withoutId(fastify.headers) });
    expect(before.headers).toContain('x-request-id');
  });

  it('is told of once it was answered, as any other', async () => {
    const before = await ask('letter=a');
    await ask('letter=a', { path: '/v1/things/%71uick' });
    await told(2);
    const [mine, usual] = answers as [unknown[], unknown[]];
    expect(mine).toEqual([before.headers[before.headers.indexOf('x-request-id') + 1], ...usual.slice(1)]);
    expect(mine[3]).toBe(usual[3]);
    expect(mine.slice(4)).toEqual([200, true]);
  });

  it.each([['nobody', 500], ['eve', 403], ['slow', 200]])('goes the usual way from its start where a guard does not let it in at once: %s', async (who, status) => {
    expect((await ask('letter=a', { who })).status).toBe(status);
    expect(ways.slice(0, 2)).toEqual(['before', 'fastify']);
    expect(ways.at(-1)).toBe('framework');
  });

  it.each(['letter=c', 'letter=a&letter=a', 'letter=a&x=1', 'letter=object'])('goes the usual way where its query may be wrong, or its handler sends what is not known here: %s', async (query) => {
    await ask(query);
    expect(ways.slice(0, 2)).toEqual(['before', 'fastify']);
  });

  it.each([{ method: 'HEAD' }, { method: 'POST' }, { path: '/v1/things' }])('is GET at its path, and nothing else: %j', async (options) => {
    await ask('letter=a', options);
    expect(ways).not.toContain('before');
  });
});

describe('a quick route of an application that closes', () => {
  it('is Fastify\'s, which sends its clients away', () => {
    const server = new EventEmitter();
    const asked: string[] = [];
    let close = () => undefined as void;
    const route = { options: {} as never, answer: () => asked.push('quick') };
    const fastify = { server, routing: () => asked.push('fastify'), addHook: (_: string, hook: (done: () => void) => void) => { close = () => hook(() => undefined); } };
    new QuickServer(new Map([['/quick', route]]), []).before(fastify as never);
    const come = () => server.emit('request', { method: 'GET', url: '/quick', headers: {} }, {});
    come();
    close();
    come();
    expect(asked).toEqual(['quick', 'fastify']);
  });
});
