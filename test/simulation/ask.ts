import { CommandContext } from '@rolebook/event-sourcing';
import { DomainError, type Actor } from '@rolebook/kernel';
import { from } from 'rxjs';
import type { CallHandler, ExecutionContext } from '@nestjs/common';
import type { Deed } from './model';
import type { Process } from './process';

/** Who asks: a session that the client holds. */
export interface Bearer { readonly userId: string; readonly sessionId: string }

export type Answer = { readonly kind: 'done'; readonly value: unknown } | { readonly kind: 'refused'; readonly code: string } | { readonly kind: 'unknown' } | { readonly kind: 'broken'; readonly error: unknown };

/** One request of a client, and all that became of it, however often it was sent. */
export interface Ask {
  readonly n: number;
  readonly by: Bearer | null;
  readonly businessId: string;
  /** With one, it may be sent again: one effect, the same answer. */
  readonly key: string | null;
  /** What stands in the way of an answer is told by the answer; what is meant is known once the command has its id. */
  readonly deedOf: (context: CommandContext, process: Process) => Deed;
  readonly run: (process: Process, context: CommandContext) => Promise<unknown>;
  /** Commands that were begun for it, by their ids. */
  readonly commands: Map<string, { readonly deed: Deed; readonly at: number }>;
  /** By the clock on the wall, in milliseconds since the epoch. */
  readonly begunAt: number;
  /** Other requests that were without an answer when it was first sent: still under way, or given up by their client. */
  unanswered: readonly Ask[];
  /** Length of the log when it was first sent, and when it was answered for good. */
  startedAt: number;
  /** Up to where the process it was sent to had been told what others did; less than `startedAt` where there are several. */
  toldAt: number;
  /** Up to where the process it was sent to had heard the log's own word; behind `toldAt` where one process does all and knows of what it answered before. */
  heardUpTo: number;
  endedAt: number;
  answer: Answer;
  sends: number;
  /** When it was last sent, as {@link begunAt}. */
  sentAt: number;
}

/** Sends a request to a process, through what stands around a handler there: session, Idempotency-Key, context. */
export async function send(process: Process, ask: Ask): Promise<Answer> {
  ask.sends++;
  ask.sentAt = process.clock.now();
  return Promise.race([answerOf(process, ask), process.death.then((): Answer => ({ kind: 'unknown' }))]);
}

async function answerOf(process: Process, ask: Ask): Promise<Answer> {
  try {
    return { kind: 'done', value: await handle(process, ask) };
  } catch (error) {
    if (error instanceof DomainError) return error.code === 'unavailable' ? { kind: 'unknown' } : { kind: 'refused', code: error.code };
    if (typeof (error as { retryAfterSeconds?: unknown }).retryAfterSeconds === 'number') return { kind: 'unknown' };
    return { kind: 'broken', error };
  }
}

async function handle(process: Process, ask: Ask): Promise<unknown> {
  const now = process.clock.now();
  const { by, businessId } = ask;
  if (by) {
    const claims = { businessId, ...by };
    const known = process.live.peek(by.sessionId, now);
    const principal = known === undefined ? await process.live.load(claims, now) : known;
    if (!principal) throw new DomainError('unauthenticated', 'Sign in first.');
  }
  const request: Record<string, unknown> = {
    method: ask.key === null ? 'PUT' : 'POST', url: `/ask/${ask.n}`, body: null, headers: ask.key === null ? {} : { 'idempotency-key': ask.key },
    ...(by ? { principal: { businessId, userId: by.userId } } : {}),
  };
  const reply = { statusCode: 200, getHeader: () => undefined, header: () => reply, status: () => reply };
  const http = { getRequest: () => request, getResponse: () => reply };
  const execution = { switchToHttp: () => http } as unknown as ExecutionContext;
  const next: CallHandler = { handle: () => from(runHandler(process, ask, request)) };
  return new Promise((resolve, reject) => {
    process.idempotency.intercept(execution, next).subscribe({ next: resolve, error: reject });
  });
}

async function runHandler(process: Process, ask: Ask, request: Record<string, unknown>): Promise<unknown> {
  const attempt = request.attempt as { commandId: string; at: number; retried: boolean } | undefined;
  const actor: Actor = ask.by ? { type: 'user', id: ask.by.userId } : { type: 'anonymous' };
  const context = new CommandContext({
    businessId: ask.businessId, actor, at: attempt?.at ?? process.clock.now(), commandId: attempt?.commandId ?? `without-key-${ask.n}-${ask.sends}`, requestId: `r${ask.n}`, sessionId: ask.by?.sessionId ?? null,
    ip: '192.0.2.1', device: 'Chrome on macOS', retried: attempt?.retried ?? false,
  });
  ask.commands.set(context.given.commandId, { deed: ask.deedOf(context, process), at: context.at });
  return await ask.run(process, context) ?? null;
}
