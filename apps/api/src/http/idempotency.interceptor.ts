import { HttpException, Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { InstallationSecrets, type SubjectKeys } from '@rolebook/crypto';
import { DomainError, isUuid, TurnsByKey, type Clock } from '@rolebook/kernel';
import type { OperationalStore } from '@rolebook/operational-store';
import type { FastifyReply } from 'fastify';
import { createHash, randomUUID } from 'node:crypto';
import { from, lastValueFrom, type Observable } from 'rxjs';
import type { Config } from '@rolebook/installation';
import { CLOCK, CONFIG, OPERATIONAL_STORE, SUBJECT_KEYS } from '../composition/tokens';
import { Problem, PROBLEMS, type ProblemSlug } from './problems';
import type { ApiRequest } from './request';

const BUCKET = 'idempotency';
const KEPT_MS = 24 * 3600 * 1000;
/** A request that was begun on another node and not answered by then has died with it. */
const LEASE_MS = 10_000;
/** Headers that belong to an answer. */
const HEADERS = ['location', 'rolebook-position', 'etag'];

interface Record_ {
  readonly fingerprint: string;
  readonly commandId: string;
  readonly at: number;
  readonly startedAt: number;
  readonly node: string;
  /** Sealed: answers may hold tokens. */
  readonly answer: string | null;
  /** Whom the answer tells of: it is given no more once they are erased. */
  readonly person?: string | null;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly refusal: { readonly code: string; readonly message: string; readonly details: Record<string, unknown> } | null;
}

/**
 * Idempotency-Key on POST: the same key and body within 24 hours gives the same answer and one effect, also after a crash.
 * The command's id and moment are stored before it runs, so that running it again brings about the same events, which the log takes once.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly node = randomUUID();
  /** Requests with one key wait for each other; the later ones find the answer of the first. */
  private readonly turns = new TurnsByKey();
  /** Embedded, there is no other node: what another one has begun is from before a crash. */
  private readonly alone: boolean;

  constructor(
    @Inject(OPERATIONAL_STORE) private readonly store: OperationalStore, @Inject(CLOCK) private readonly clock: Clock,
    private readonly secrets: InstallationSecrets, @Inject(SUBJECT_KEYS) private readonly keys: Pick<SubjectKeys, 'load' | 'isDestroyed'>, @Inject(CONFIG) config: Pick<Config, 'eventStoreUrl'>,
  ) {
    this.alone = config.eventStoreUrl === null;
  }

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = execution.switchToHttp().getRequest<ApiRequest>();
    const key = request.headers['idempotency-key'];
    if (request.method !== 'POST' || key === undefined) return next.handle();
    if (typeof key !== 'string' || key.length === 0 || key.length > 255) {
      throw new Problem('validation', undefined, { errors: [{ pointer: 'Idempotency-Key', message: 'must have 1 to 255 characters' }] });
    }
    const reply = execution.switchToHttp().getResponse<FastifyReply>();
    const kept = this.keyOf(request, key);
    return from(this.turns.take(kept, () => this.answer(kept, request, reply, () => lastValueFrom(next.handle(), { defaultValue: undefined }))));
  }

  private async answer(key: string, request: ApiRequest, reply: FastifyReply, run: () => Promise<unknown>): Promise<unknown> {
    const fingerprint = fingerprintOf(request);
    const found = await this.store.get(BUCKET, key);
    const record = found?.value as unknown as Record_ | undefined;
    if (record && record.fingerprint !== fingerprint) throw new Problem('idempotency-key-reused');
    if (record?.answer) {
      if (record.person && (await this.isErased(record.person))) throw new Problem('idempotency-key-reused', 'The answer to this key is not given any more: the person it tells of was erased.');
      return replay(JSON.parse(this.secrets.openText(BUCKET, record.answer, key) ?? 'null') as Answer, reply);
    }
    const now = this.clock.now();
    if (record && !this.hasDied(record, now)) throw stillUnderWay();
    const mine = this.begun(record, fingerprint, now);
    const taken = await this.store.compareAndSet(BUCKET, key, found?.version ?? null, { ...mine }, now + KEPT_MS);
    if (!taken) throw stillUnderWay();
    request.attempt = { commandId: mine.commandId, at: mine.at, retried: record !== undefined };
    return this.runAndKeep(key, mine, now, request, reply, run);
  }

  /** Whether the process that began the request has died with it. */
  private hasDied(record: Record_, now: number): boolean {
    return this.alone || record.node === this.node || now - record.startedAt >= LEASE_MS;
  }

  /** The command's id and moment: those of the first attempt, where there was one. */
  private begun(first: Record_ | undefined, fingerprint: string, now: number): Record_ {
    return { fingerprint, commandId: first?.commandId ?? randomUUID(), at: first?.at ?? now, startedAt: now, node: this.node, answer: null };
  }

  private async runAndKeep(key: string, record: Record_, now: number, request: ApiRequest, reply: FastifyReply, run: () => Promise<unknown>): Promise<unknown> {
    try {
      const body = await run();
      const headers = Object.fromEntries(HEADERS.flatMap((name) => { const value = reply.getHeader(name); return value === undefined ? [] : [[name, String(value)]]; }));
      const person = personIn(body, request);
      // What is answered once they are erased tells nothing of them.
      await this.keep(key, { ...record, person: person && (await this.isErased(person)) ? null : person }, now, { status: reply.statusCode, headers, body: body ?? null, refusal: null });
      return body;
    } catch (error) {
      if (error instanceof DomainError && isFinal(error)) {
        await this.keep(key, record, now, { status: 0, headers: {}, body: null, refusal: { code: error.code, message: error.message, details: error.details } });
      } else if (error instanceof DomainError || error instanceof HttpException) {
        await this.store.delete(BUCKET, key); // nothing has happened: the key may be used again
      }
      throw error;
    }
  }

  private keep(key: string, record: Record_, now: number, answer: Answer): Promise<void> {
    const value = { ...record, answer: this.secrets.sealText(BUCKET, JSON.stringify(answer), key) };
    return this.store.putMany(BUCKET, [{ key, value, expiresAt: now + KEPT_MS }]);
  }

  private async isErased(person: string): Promise<boolean> {
    await this.keys.load([person]);
    return this.keys.isDestroyed(person);
  }

  private keyOf(request: ApiRequest, key: string): string {
    return this.secrets.mac('idempotency-key', callerOf(request), key);
  }
}

/** Whose the key is. Whoever sets up a business shows no session but a token in a header: without it the answer is nobody's. */
function callerOf({ principal, headers }: ApiRequest): string {
  if (principal) return `${principal.businessId}/${principal.userId}`;
  const setupToken = headers['setup-token'];
  return setupToken === undefined ? 'anonymous' : `set-up/${String(setupToken)}`;
}

/** The user that an answer is, or holds; else the one whom the request is about, or who made it. */
function personIn(answer: unknown, { params, commandContext, principal }: ApiRequest): string | null {
  const { id, user } = (answer ?? {}) as { readonly id?: unknown; readonly user?: { readonly id?: unknown } };
  const { id: named } = (params ?? {}) as { readonly id?: unknown };
  return [user?.id, id, named, commandContext?.person, principal?.userId].find((found): found is string => typeof found === 'string' && isUuid(found)) ?? null;
}

function stillUnderWay(): Problem {
  return new Problem('unavailable', 'The first request with this key is still under way.', { retryAfterSeconds: 2 });
}

function fingerprintOf(request: ApiRequest): string {
  return createHash('sha256').update(JSON.stringify([request.method, request.url, request.body ?? null])).digest('base64url');
}

function replay(answer: Answer, reply: FastifyReply): unknown {
  if (answer.refusal) throw new DomainError(answer.refusal.code, answer.refusal.message, answer.refusal.details);
  for (const [name, value] of Object.entries(answer.headers)) void reply.header(name, value);
  void reply.status(answer.status);
  return answer.body ?? undefined;
}

/** Whether the same request would be refused in the same way again: not for want of a session, of patience or of a server. */
function isFinal(error: DomainError): boolean {
  const status = error.code in PROBLEMS ? PROBLEMS[error.code as ProblemSlug][0] : 500;
  return status < 500 && status !== 401 && status !== 429;
}
