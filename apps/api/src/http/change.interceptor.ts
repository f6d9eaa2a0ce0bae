import { applyDecorators, Inject, Injectable, SetMetadata, UseInterceptors, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { CommandContext, EventCodec } from '@rolebook/event-sourcing';
import type { Clock } from '@rolebook/kernel';
import { deviceName } from '@rolebook/sessions/read';
import type { FastifyReply } from 'fastify';
import { randomUUID } from 'node:crypto';
import { catchError, from, map, type Observable } from 'rxjs';
import { CLOCK } from '../composition/tokens';
import { revisionExpected } from './etag';
import { Freshness } from './freshness';
import { IdempotencyInterceptor } from './idempotency.interceptor';
import { positionToken } from './positions';
import { Problem } from './problems';
import { Refusals } from './refusals';
import type { ApiRequest } from './request';

/** What a dry run answers with. */
export interface DryRunAnswer {
  readonly dryRun: true;
  readonly events: readonly { readonly type: string; readonly action: string; readonly userId: string | null; readonly changes: readonly unknown[] }[];
  readonly impact: Readonly<Record<string, unknown>>;
}

/**
 * Around every route that changes something: makes the command's context, answers with the log's position,
 * turns a dry run's effects into its answer, and has refused attempts written down.
 */
@Injectable()
export class ChangeInterceptor implements NestInterceptor {
  constructor(@Inject(CLOCK) private readonly clock: Clock, private readonly codec: EventCodec, private readonly refusals: Refusals, private readonly freshness: Freshness) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = execution.switchToHttp();
    const request = http.getRequest<ApiRequest>();
    const reply = http.getResponse<FastifyReply>();
    const context = this.contextOf(request);
    request.commandContext = context;
    return next.handle().pipe(
      map((answer: unknown) => {
        if (context.dryRun) {
          void reply.status(200).removeHeader('location');
          return this.dryRunAnswer(context);
        }
        void reply.header('rolebook-position', positionToken(context.position || this.freshness.latest));
        const revision = revisionOf(answer);
        if (revision !== null) void reply.header('etag', `"${revision}"`);
        return answer;
      }),
      catchError((error: unknown) => from(this.refusals.write(context, execution.getHandler().name, request, error).then(() => { throw error; }))),
    );
  }

  private contextOf(request: ApiRequest): CommandContext {
    const { principal, attempt } = request;
    return new CommandContext({
      businessId: principal?.businessId ?? '',
      actor: principal ? { type: 'user', id: principal.userId } : { type: 'anonymous' },
      at: attempt?.at ?? this.clock.now(),
      commandId: attempt?.commandId ?? randomUUID(),
      requestId: request.id,
      sessionId: principal?.sessionId ?? null,
      ip: request.ip,
      device: deviceName(request.headers['user-agent']),
      dryRun: dryRun(request.query),
      expectedRevision: revisionExpected(request.headers['if-match']),
      retried: attempt?.retried ?? false,
    });
  }

  private dryRunAnswer(context: CommandContext): DryRunAnswer {
    return {
      dryRun: true,
      events: context.effects.map(({ event }) => {
        const definition = this.codec.definition(event.type);
        return { type: event.type, action: definition.action, userId: this.codec.subjectOf(event), changes: definition.changes(event.data as never) };
      }),
      impact: context.impact,
    };
  }
}

/** A route that changes something: takes `dryRun`, If-Match and (a POST) Idempotency-Key, answers with the position. Every POST is one. */
export const Change = () => applyDecorators(
  SetMetadata('rolebook:change', true),
  UseInterceptors(IdempotencyInterceptor, ChangeInterceptor),
  ApiQuery({ name: 'dryRun', required: false, enum: ['true', 'false'], description: 'All checks run, nothing is stored or sent; the answer is what would happen.' }),
);

/** Of the user an answer is, or holds. */
function revisionOf(answer: unknown): number | null {
  const { revision, user } = (answer ?? {}) as { revision?: unknown; user?: unknown };
  return typeof revision === 'number' ? revision : user ? revisionOf(user) : null;
}

function dryRun(query: unknown): boolean {
  const value = (query as Record<string, unknown> | null)?.dryRun;
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw new Problem('validation', undefined, { errors: [{ pointer: '?dryRun', message: 'must be true or false' }] });
}
