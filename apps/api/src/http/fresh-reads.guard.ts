import { Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Freshness, type ReadModels } from './freshness';
import { readPositionToken } from './positions';
import type { ApiRequest } from './request';

type Handler = ReturnType<ExecutionContext['getHandler']>;

const READ_FROM = 'rolebook:read-from';

/** Answers from these read models, and from no others: what is slower to be kept up, such as the audit log, is not waited for. As things were (`?at=`), it may read any. */
export const ReadFrom = (readModels: ReadModels) => SetMetadata(READ_FROM, readModels);
/** Answers from memory or the streams: has nothing to wait for. */
export const NoReadModel = () => ReadFrom([]);

/** What the request must see, by its `Rolebook-After`; 0 where it does not say. @throws {Problem} `validation` */
export function positionAskedFor({ headers }: Pick<ApiRequest, 'headers'>): number {
  const after = headers['rolebook-after'];
  return typeof after === 'string' ? readPositionToken(after) : 0;
}

/**
 * Read-your-writes: a GET sees what this node has acknowledged before, and with `Rolebook-After` what any node had acknowledged
 * by that position, in whatever it reads from. Waits 2 seconds at most. A guard and no interceptor: those cost every request a chain of observables.
 */
@Injectable()
export class FreshReadsGuard implements CanActivate {
  private readonly sources = new Map<object, ReadModels | undefined>();

  constructor(private readonly freshness: Freshness, private readonly reflector: Reflector) {}

  /** @throws {Problem} `behind`, by the promise */
  canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const request = execution.switchToHttp().getRequest<ApiRequest>();
    if (request.method !== 'GET' && request.method !== 'HEAD') return true;
    const asked = positionAskedFor(request);
    const sources = this.sourcesOf(execution.getHandler());
    if (asked === 0 && sources?.length === 0) return true;
    const waiting = this.freshness.reached(asked, sources?.length === 0 || isOfThePast(request) ? undefined : sources);
    return waiting === null || waiting.then(() => true);
  }

  /** What a handler says it reads from; `undefined` where it does not say. */
  private sourcesOf(handler: Handler): ReadModels | undefined {
    if (this.sources.has(handler)) return this.sources.get(handler);
    const sources = this.reflector.get<ReadModels | undefined>(READ_FROM, handler);
    this.sources.set(handler, sources);
    return sources;
  }
}

function isOfThePast({ query }: ApiRequest): boolean {
  return (query as Record<string, unknown> | undefined)?.at !== undefined;
}
