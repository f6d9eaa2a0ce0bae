import { Body, Controller, Get, Injectable, Module, Query, Res, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Quick, quickRoutes } from './quick';
import { acceptedQuery, Field, oneOf } from './validation';

/** What happened, in order: whether a guard was asked by the framework (`usual`) or without it, and what came of it. */
let told: string[] = [];

@Injectable()
class Who implements CanActivate {
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    told.push(`who ${'getArgs' in context ? 'usual' : 'quick'} ${context.getClass().name}.${context.getHandler().name}`);
    if (headers.who === 'nobody') throw new Error('not you');
    return headers.who === 'slow' ? new Promise((resolve) => setTimeout(() => resolve(true), 1)) : headers.who === 'anna';
  }
}

@Injectable()
class What implements CanActivate {
  canActivate(): boolean {
    told.push('what');
    return true;
  }
}

class Asked { @Field(oneOf(['a', 'b']), { enum: ['a', 'b'] }) letter!: string }

@Controller('v1/things')
class Things {
  @Get('quick')
  @Quick()
  quick(@Query() { letter }: Asked, @Res() reply: FastifyReply): void | Promise<void> {
    told.push(`handler ${letter}`);
    if (letter === 'b') return Promise.reject(new Error('later'));
    void reply.send({ letter });
  }

  @Get('other')
  other(@Res() reply: FastifyReply): void {
    void reply.send({});
  }
}

async function served(): Promise<NestFastifyApplication> {
  @Module({ controllers: [Things], providers: [Who, What, { provide: APP_GUARD, useExisting: Who }, { provide: APP_GUARD, useExisting: What }] })
  class App {}
  const app = await NestFactory.create<NestFastifyApplication>(App, new FastifyAdapter(), { logger: false });
  quickRoutes(app, [Things], [Who, What]);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

describe('a quick handler', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => { app = await served(); });
  afterAll(() => app.close());
  beforeEach(() => { told = []; });

  const ask = (who: string, path = '/v1/things/quick?letter=a') => app.inject({ method: 'GET', url: path, headers: { who } });
  const QUICKLY = ['who quick Things.quick', 'what'];
  const USUALLY = ['who usual Things.quick', 'what'];

  it('is asked once every guard has let the request in, without the framework', async () => {
    const answer = await ask('anna');
    expect([answer.statusCode, answer.json(), told]).toEqual([200, { letter: 'a' }, [...QUICKLY, 'handler a']]);
  });

  it.each([['a guard says no', 'eve', 403], ['a guard throws', 'nobody', 500]])('is not asked where %s: the usual way refuses', async (_, who, status) => {
    const answer = await ask(who);
    expect(answer.statusCode).toBe(status);
    expect(told).toEqual(['who quick Things.quick', 'who usual Things.quick']);
  });

  it('takes a query that many requests share apart once for each class, and never takes a wrong one', () => {
    class Other { @Field(oneOf(['b']), { enum: ['b'] }) letter!: string }
    const shared = Object.freeze({ letter: 'a' });

    const [first, again] = [acceptedQuery(shared, Asked), acceptedQuery(shared, Asked)];

    expect([first, again === first, Object.isFrozen(first)]).toEqual([{ letter: 'a' }, true, true]);
    expect([acceptedQuery(shared, Other), acceptedQuery({ ...shared }, Asked) === first]).toEqual([null, false]);
  });

  it('leaves a guard that waits to the usual way', async () => {
    const answer = await ask('slow');
    expect([answer.statusCode, told]).toEqual([200, ['who quick Things.quick', ...USUALLY, 'handler a']]);
  });

  it.each(['letter=c', 'letter=a&letter=b', 'letter=a&more=1', ''])('leaves a query that may be wrong to the usual way: %s', async (query) => {
    await ask('anna', `/v1/things/quick?${query}`);
    expect(told.slice(0, 4)).toEqual([...QUICKLY, ...USUALLY]);
  });

  it('leaves what goes wrong to the usual way, which says so', async () => {
    const answer = await ask('anna', '/v1/things/quick?letter=b');
    expect([answer.statusCode, told]).toEqual([500, [...QUICKLY, 'handler b', ...USUALLY, 'handler b']]);
  });

  it('is one of those marked so, and no other', async () => {
    await ask('anna', '/v1/things/other');
    expect(told).toEqual(['who usual Things.other', 'what']);
  });

  it('takes the query and the reply: whatever else it asks for is found at the start', () => {
    @Controller('v1/wrong')
    class Wrong {
      @Get()
      @Quick()
      wrong(@Body() _body: object, @Res() reply: FastifyReply): void { void reply.send(); }
    }
    const unserved = { get: () => new Wrong(), getHttpAdapter: () => ({ getInstance: () => ({ addHook: () => undefined }) }) } as unknown as NestFastifyApplication;
    expect(() => quickRoutes(unserved, [Wrong], [])).toThrow('Wrong.wrong cannot be quick');
  });
});
