import { applyDecorators, Inject, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension } from '@nestjs/swagger';
import type { Config } from '@rolebook/installation';
import type { Clock } from '@rolebook/kernel';
import { Pace } from '@rolebook/throttling';
import { CLOCK, CONFIG } from '../composition/tokens';
import { DEAR_NOTE } from './api-docs';
import { Problem } from './problems';
import type { ApiRequest } from './request';

const DEAR = 'rolebook:dear';

/** Costs so much of the budget that one person has a minute (`ROLEBOOK_DEAR_PER_MINUTE`); beyond it, 429. What is not marked costs nothing. */
export const Dear = (cost: number) => applyDecorators(SetMetadata(DEAR, cost), ApiExtension(DEAR_NOTE, true));

/** Limits what is dear, by person and process. After the session guard: it asks who it is. */
@Injectable()
export class PaceGuard implements CanActivate {
  private readonly costs = new Map<object, number>();
  private readonly pace: Pace;

  constructor(private readonly reflector: Reflector, @Inject(CONFIG) config: Pick<Config, 'dearPerMinute'>, @Inject(CLOCK) clock: Clock) {
    this.pace = new Pace(clock, config.dearPerMinute);
  }

  /** @throws {Problem} `too-many-attempts` */
  canActivate(execution: ExecutionContext): true {
    const cost = this.costOf(execution.getHandler());
    if (cost === 0) return true;
    const { principal } = execution.switchToHttp().getRequest<ApiRequest>();
    const wait = principal ? this.pace.spend(principal.userId, cost) : 0;
    if (wait > 0) throw new Problem('too-many-attempts', 'Too many dear requests; wait before the next one.', { retryAfterSeconds: wait / 1000 });
    return true;
  }

  private costOf(handler: object): number {
    let cost = this.costs.get(handler);
    if (cost === undefined) this.costs.set(handler, cost = this.reflector.get<number | undefined>(DEAR, handler as () => unknown) ?? 0);
    return cost;
  }
}
