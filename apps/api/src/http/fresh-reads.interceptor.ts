import { Injectable, SetMetadata, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { from, switchMap, type Observable } from 'rxjs';
import { Freshness } from './freshness';
import { readPositionToken } from './positions';
import type { ApiRequest } from './request';

const NO_READ_MODEL = 'rolebook:no-read-model';

/** Answers from memory or the streams: has nothing to wait for. */
export const NoReadModel = () => SetMetadata(NO_READ_MODEL, true);

/**
 * Read-your-writes: a GET sees what this node has acknowledged before, and with `Rolebook-After` what any node had acknowledged
 * by that position. Waits 2 seconds at most.
 */
@Injectable()
export class FreshReadsInterceptor implements NestInterceptor {
  constructor(private readonly freshness: Freshness, private readonly reflector: Reflector) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = execution.switchToHttp().getRequest<ApiRequest>();
    if (request.method !== 'GET' && request.method !== 'HEAD') return next.handle();
    const after = request.headers['rolebook-after'];
    const asked = typeof after === 'string' ? readPositionToken(after) : 0;
    if (asked === 0 && this.reflector.get<boolean | undefined>(NO_READ_MODEL, execution.getHandler())) return next.handle();
    const waiting = this.freshness.reached(asked);
    return waiting === null ? next.handle() : from(waiting).pipe(switchMap(() => next.handle()));
  }
}
