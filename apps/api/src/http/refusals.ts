import { Injectable } from '@nestjs/common';
import { streamNames } from '@rolebook/access';
import type { AccessRefused } from '@rolebook/audit/events';
import { Streams, type CommandContext } from '@rolebook/event-sourcing';
import { DomainError, isUuid } from '@rolebook/kernel';
import { log } from '@rolebook/log';
import type { ApiRequest } from './request';

/** Has attempts written down that were refused for want of authority (product.md, section 8). */
@Injectable()
export class Refusals {
  constructor(private readonly streams: Streams) {}

  /** @param operation name of the route's handler, such as `deactivate` */
  async write(context: CommandContext, operation: string, request: ApiRequest, error: unknown): Promise<void> {
    if (!(error instanceof DomainError) || error.code !== 'forbidden' || context.actor.type !== 'user') return;
    const target = (request.params as { id?: unknown } | null)?.id;
    const event: AccessRefused = {
      type: 'AccessRefused',
      data: { operation, targetId: typeof target === 'string' && isUuid(target) ? target : null, reason: error.message },
    };
    try {
      await this.streams.record<AccessRefused>(streamNames.refusals(context.businessId), context, [event]);
    } catch (failure) {
      log.warn('a refused attempt could not be written down', { requestId: request.id, error: failure instanceof Error ? failure.message : String(failure) });
    }
  }
}
