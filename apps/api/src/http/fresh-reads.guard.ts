import { Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Freshness } from './freshness';
import { readPositionToken } from './positions';
import type { ApiRequest } from './request';

type Handler = ReturnType<ExecutionContext['getHandler']>;

const NO_READ_MODEL = 'rolebook:no-read-model';

/** Answers from memory or the streams: has nothing to wait for. */
export const NoReadModel = () => SetMetadata(NO_READ_MODEL, true);

/** What the request must see, by its `Rolebook-After`; 0 where it does not say. @throws {Problem} `validation` */
export function positionAskedFor({ headers }: Pick<ApiRequest, 'headers'>): number {
  const after = headers['rolebook-after'];
  return typeof after === 'string' ? readPositionToken(after) : 0;
}

/**
 * Read-your-writes: a GET sees what this node has acknowledged before, and with `Rolebook-After` what any node had acknowledged
 * by that position. Waits 2 seconds at most. A guard and no interceptor: those cost every request a chain of observables.
 */
@Injectable()
export class FreshReadsGuard implements CanActivate {
  private readonly free = new Map<object, boolean>();

  constructor(private readonly freshness: Freshness, private readonly reflector: Reflector) {}

  /** @throws {Problem} `behind`, by the promise */
  canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const request = execution.switchToHttp().getRequest<ApiRequest>();
    if (request.method !== 'GET' && request.method !== 'HEAD') return true;
    const asked = positionAskedFor(request);
    if (asked === 0 && this.readsNone(execution.getHandler())) return true;
    const waiting = this.freshness.reached(asked);
    return waiting === null || waiting.then(() => true);
  }

  private readsNone(handler: Handler): boolean {
    let free = this.free.get(handler);
    if (free === undefined) this.free.set(handler, free = this.reflector.get<boolean | undefined>(NO_READ_MODEL, handler) ?? false);
    return free;
  }
}
