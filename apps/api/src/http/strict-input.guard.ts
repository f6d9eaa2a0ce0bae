import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum';
import { Reflector } from '@nestjs/core';
import { isUuid } from '@rolebook/kernel';
import { Problem } from './problems';
import type { ApiRequest } from './request';

/** What a handler asks for: with the whole request it looks after the body itself. */
interface Takes { readonly query: boolean; readonly body: boolean; readonly request: boolean }

/**
 * What no handler asks for is an error and never ignored: query parameters and bodies on routes that take none,
 * repeated parameters, fields that would only be found on every object, ids that are no ids (not found, like any id that never was).
 */
@Injectable()
export class StrictInputGuard implements CanActivate {
  private readonly taken = new WeakMap<object, Takes>();

  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<ApiRequest>();
    const takes = this.takenBy(context);
    const query = (request.query ?? {}) as Record<string, unknown>;
    for (const name of Object.keys(query)) {
      if (INHERITED.has(name)) throw invalid(`?${name}`, 'is not known here');
      if (Array.isArray(query[name])) throw invalid(`?${name}`, 'must not be repeated');
      const isDryRun = name === 'dryRun' && this.reflector.get<boolean | undefined>('rolebook:change', context.getHandler());
      if (!takes.query && !isDryRun) throw invalid(`?${name}`, 'is not known here');
    }
    if (!takes.request) checkBody(request.body, takes.body);
    for (const value of Object.values((request.params ?? {}) as Record<string, string>)) {
      if (!isUuid(value)) throw new Problem('not-found');
    }
    return true;
  }

  private takenBy(context: ExecutionContext): Takes {
    const handler = context.getHandler();
    let taken = this.taken.get(handler);
    if (!taken) {
      const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), handler.name) ?? {}) as Record<string, unknown>;
      const kinds = Object.keys(args).map((key) => Number(key.split(':')[0]));
      taken = { query: kinds.includes(RouteParamtypes.QUERY), body: kinds.includes(RouteParamtypes.BODY), request: kinds.includes(RouteParamtypes.REQUEST) };
      this.taken.set(handler, taken);
    }
    return taken;
  }
}

function invalid(pointer: string, message: string): Problem {
  return new Problem('validation', undefined, { errors: [{ pointer, message }] });
}

/** Names that every object has, such as `__proto__` and `toString`: what looks fields up by name takes them for known ones. None is a field of ours. */
const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/** No body of ours is as deep; without an end, 64 KiB of brackets would be deeper than the stack. */
const DEEPEST = 10;

function checkBody(body: unknown, isExpected: boolean): void {
  if (isExpected && Buffer.isBuffer(body)) throw new Problem('unsupported-media-type'); // a picture
  if (isExpected && body === null) throw invalid('#', 'must be an object');
  if (!isExpected && hasFields(body)) throw invalid('#', 'no body is expected here');
  refuseInherited(body, '#');
}

function refuseInherited(value: unknown, at: string, depth = 0): void {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return;
  if (depth > DEEPEST) throw invalid('#', 'is nested too deeply');
  for (const [name, inner] of Object.entries(value)) {
    if (INHERITED.has(name)) throw invalid(`${at}/${name}`, 'is not known here');
    refuseInherited(inner, `${at}/${name}`, depth + 1);
  }
}

function hasFields(body: unknown): boolean {
  if (body === undefined || body === null || Buffer.isBuffer(body)) return false;
  return typeof body !== 'object' || Object.keys(body).length > 0;
}
