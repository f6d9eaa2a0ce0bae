import { SetMetadata, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptedQuery } from './validation';

const QUICK = 'rolebook:quick';

/**
 * For reads that are asked at every turn: answered without the framework's chain of promises, which costs more than the answer.
 * The handler takes the query and the reply and nothing else, sends the answer itself, and changes nothing.
 */
export const Quick = () => SetMetadata(QUICK, true);

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/**
 * Puts the quick way before the usual one of each handler marked {@link Quick}; to be called before the routes are registered.
 * What it returns may be asked before Fastify as well: see {@link QuickServer}.
 *
 * Both ways are one route, one set of guards in one order, one validation and one handler: what may be done stands where it stands for every
 * other route. The quick one only ever says yes. Whatever is not a plain yes - a guard that refuses or has to wait, a query that may be wrong,
 * anything thrown - goes the usual way from the start, and is answered there.
 */
export function quickRoutes(app: NestFastifyApplication, controllers: readonly Type[], guards: readonly Type<CanActivate>[]): QuickRoutes {
  const instances = guards.map((guard) => app.get(guard));
  const routes = new Map(controllers.flatMap((controller) => quickOf(controller, app.get<object>(controller), instances)));
  (app.getHttpAdapter().getInstance()).addHook('onRoute', (route) => {
    const quick = route.method === 'GET' ? routes.get(route.url) : undefined;
    if (!quick) return;
    const usual = route.handler;
    route.handler = function (request, reply) {
      quick.options ??= request.routeOptions;
      const otherwise = () => usual.call(this, request, reply);
      return quick.answer(request, reply, otherwise);
    };
  });
  return routes;
}

/** @returns what the route's handler returns: nothing where the reply is sent already */
type QuickHandler = (request: FastifyRequest, reply: FastifyReply, otherwise: () => unknown) => unknown;

export interface QuickRoute {
  readonly answer: QuickHandler;
  /** What Fastify calls the route: known once it was asked for. */
  options: FastifyRequest['routeOptions'] | null;
}

/** By path. */
export type QuickRoutes = ReadonlyMap<string, QuickRoute>;

function quickOf(controller: Type, instance: object, guards: readonly CanActivate[]): [url: string, QuickRoute][] {
  const prototype = controller.prototype as Record<string, Handler>;
  const prefix = Reflect.getMetadata(PATH_METADATA, controller) as string;
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor' && Reflect.getMetadata(QUICK, prototype[name] as object) === true).map((name) => {
    const handler = prototype[name] as Handler;
    const path = (Reflect.getMetadata(PATH_METADATA, handler) as string).replace(/^\/+/, '');
    const answer = quickHandler(controller, name, handler.bind(instance) as (...args: unknown[]) => unknown, guards);
    return [`/${prefix}${path === '' ? '' : `/${path}`}`, { answer, options: null }];
  });
}

function quickHandler(controller: Type, name: string, handle: (...args: unknown[]) => unknown, guards: readonly CanActivate[]): QuickHandler {
  const handler = (controller.prototype as Record<string, Handler>)[name] as Handler;
  const { count, query, reply: replyAt } = argumentsOf(controller, name);
  return (request, reply, otherwise) => {
    try {
      const execution = new QuickExecution(request, controller, handler) as unknown as ExecutionContext;
      for (const guard of guards) {
        const outcome = guard.canActivate(execution);
        // It is let through when the promise is kept, and then by the usual way, which asks again: what had to be loaded is in memory by then.
        if (outcome !== true) return Promise.resolve(outcome).then(otherwise, otherwise);
      }
      const args = new Array<unknown>(count);
      args[replyAt] = reply;
      if (query) {
        args[query.at] = acceptedQuery(request.query, query.type);
        if (args[query.at] === null) return otherwise();
      }
      const result = handle(...args);
      return result instanceof Promise ? result.catch((error: unknown) => elsewhere(error, reply, otherwise)) : undefined;
    } catch (error) {
      return elsewhere(error, reply, otherwise);
    }
  };
}

function elsewhere(error: unknown, reply: FastifyReply, otherwise: () => unknown): unknown {
  if (reply.sent) throw error;
  return otherwise();
}

/** Where a handler takes its query and its reply. @throws {TypeError} where it takes anything else */
function argumentsOf(controller: Type, name: string): { readonly count: number; readonly reply: number; readonly query: { readonly at: number; readonly type: Type } | null } {
  const declared = Object.keys((Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as object).map((key) => key.split(':').map(Number));
  const at = (kind: RouteParamtypes) => declared.find(([of]) => of === Number(kind))?.[1];
  const [reply, query] = [at(RouteParamtypes.RESPONSE), at(RouteParamtypes.QUERY)];
  if (reply === undefined || declared.length !== (query === undefined ? 1 : 2)) throw new TypeError(`${controller.name}.${name} cannot be quick: it must take the reply, may take the query, and nothing else`);
  const types = Reflect.getMetadata('design:paramtypes', controller.prototype as object, name) as Type[];
  return { count: declared.length, reply, query: query === undefined ? null : { at: query, type: types[query] as Type } };
}

/** As much of an execution context as guards look at. */
class QuickExecution {
  constructor(private readonly request: FastifyRequest, private readonly controller: Type, private readonly handler: Handler) {}

  getClass(): Type { return this.controller; }
  getHandler(): Handler { return this.handler; }
  getType(): string { return 'http'; }
  switchToHttp(): this { return this; }
  getRequest(): FastifyRequest { return this.request; }
}
