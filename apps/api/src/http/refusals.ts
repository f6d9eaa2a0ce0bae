import { Inject, Injectable } from '@nestjs/common';
import { streamNames } from '@rolebook/access';
import type { AccessRefused } from '@rolebook/audit/events';
import { Streams, type CommandContext } from '@rolebook/event-sourcing';
import { DomainError, isUuid, type Clock } from '@rolebook/kernel';
import { log } from '@rolebook/log';
import { onceUntil, type OperationalStore } from '@rolebook/operational-store';
import { CLOCK, OPERATIONAL_STORE } from '../composition/tokens';
import { readingContext } from './context';
import type { ApiRequest } from './request';

const BUCKET = 'refused-reads';
/** The same person asking for the same thing again within this time is one attempt: whoever may not look cannot fill the log by looking. */
const ONE_ATTEMPT_MS = 15 * 60_000;
/** Asks whether somebody may do a thing: a refusal is its answer, and nobody's attempt. */
const QUESTION = '/v1/authorization';

/** Has attempts written down that were refused for want of authority (product.md, section 8). */
@Injectable()
export class Refusals {
  constructor(private readonly streams: Streams, @Inject(OPERATIONAL_STORE) private readonly store: OperationalStore, @Inject(CLOCK) private readonly clock: Clock) {}

  /**
   * A change that was refused, each time.
   * @param operation name of the route's handler, such as `deactivate`
   */
  async write(context: CommandContext, operation: string, request: ApiRequest, error: unknown): Promise<void> {
    if (context.actor.type !== 'user' || !isRefusal(error)) return;
    await this.record(context, operation, request, error).catch((failure: unknown) => notWritten(request, failure));
  }

  /** Whether a request is a read that somebody signed in was refused for want of authority. */
  concerns({ method, principal, routeOptions }: ApiRequest, error: unknown): boolean {
    return (method === 'GET' || method === 'HEAD') && principal !== undefined && routeOptions.url !== QUESTION && isRefusal(error);
  }

  /** A read that {@link concerns} holds for: once for the same person, route and user in 15 minutes, on whatever node. Never fails. */
  async writeRead(request: ApiRequest, error: DomainError): Promise<void> {
    const operation = `GET ${request.routeOptions.url}`;
    const context = readingContext(request, this.clock);
    const key = `${context.businessId}/${context.userId}/${operation}/${targetOf(request) ?? ''}`;
    await onceUntil(this.store, BUCKET, key, context.at + ONE_ATTEMPT_MS, () => this.record(context, operation, request, error)).catch((failure: unknown) => notWritten(request, failure));
  }

  private async record(context: CommandContext, operation: string, request: ApiRequest, { message }: DomainError): Promise<void> {
    const event: AccessRefused = { type: 'AccessRefused', data: { operation, targetId: targetOf(request), reason: message } };
    await this.streams.record<AccessRefused>(streamNames.refusals(context.businessId), context, [event]);
  }
}

function isRefusal(error: unknown): error is DomainError {
  return error instanceof DomainError && error.code === 'forbidden';
}

function targetOf({ params }: ApiRequest): string | null {
  const id = (params as { id?: unknown } | null)?.id;
  return typeof id === 'string' && isUuid(id) ? id : null;
}

function notWritten(request: ApiRequest, failure: unknown): void {
  log.warn('a refused attempt could not be written down', { requestId: request.id, error: failure instanceof Error ? failure.message : String(failure) });
}
