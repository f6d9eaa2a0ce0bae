import { AccessDeniedError, convertToCommandError, MaxAppendSizeExceededError, StreamDeletedError, WrongExpectedVersionError } from '@eventstore/db-client';
import { status } from '@grpc/grpc-js';
import { StoreUnavailable } from '../port';

/** The server understood and said no. Trying again changes nothing; whoever runs the service must. */
export class EventStoreRefused extends Error {
  override readonly name = 'EventStoreRefused';
  constructor(readonly reason: 'access-denied' | 'too-large' | 'stream-deleted' | 'invalid', message: string, options?: ErrorOptions) {
    super(`EventStoreDB refused: ${message}`, options);
  }
}

/** What a failed call means to the caller. `retry`: the server is away, or the outcome is unknown. */
export type Failure = { readonly kind: 'retry' } | { readonly kind: 'conflict'; readonly actual: number | 'no-stream' | null } | { readonly kind: 'final'; readonly error: Error };

const RETRY: Failure = { kind: 'retry' };

/** Codes by which the server says that the request itself is wrong. All others may pass by themselves. */
const REFUSALS = new Set<number>([status.INVALID_ARGUMENT, status.FAILED_PRECONDITION, status.OUT_OF_RANGE, status.UNIMPLEMENTED, status.ALREADY_EXISTS]);

export function classify(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { kind: 'final', error: new Error(String(thrown)) };
  const error = asCommandError(thrown);
  if (error instanceof WrongExpectedVersionError) return { kind: 'conflict', actual: revisionOf(error.actualVersion) };
  if (error instanceof MaxAppendSizeExceededError) return refused('too-large', `more than ${error.maxAppendSize} bytes in one append`, thrown);
  if (error instanceof StreamDeletedError) return refused('stream-deleted', `stream ${error.streamName} was deleted`, thrown);

  const code = codeOf(thrown);
  if (error instanceof AccessDeniedError || code === status.PERMISSION_DENIED || code === status.UNAUTHENTICATED) {
    return refused('access-denied', 'access denied; the user of EVENTSTORE_URL must be known there, and may read $all and write streams', thrown);
  }
  if (code !== undefined) return REFUSALS.has(code) ? refused('invalid', thrown.message, thrown) : RETRY;
  // Without a code: the client found no node, its channel was being replaced, or our own deadline passed. A subclass
  // of Error (TypeError, UnsafePosition...) is a mistake of ours, or of the log's.
  return thrown.constructor === Error || thrown instanceof DeadlinePassed ? RETRY : { kind: 'final', error: thrown };
}

/** Milliseconds of patience. */
export interface Patience {
  /** For one attempt. */
  readonly attemptMs: number;
  /** For all of them together. */
  readonly totalMs: number;
}

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 1_000;
/** Share of an attempt's time that there must be left to begin another. */
const LEAST_ATTEMPT = 0.25;

/**
 * Repeats what may be repeated until it succeeds, is refused, or patience ends. `work` is given its deadline in milliseconds.
 * @throws {StoreUnavailable} where patience ends; the last failure is its cause
 */
export async function withRetries<T>(patience: Patience, what: string, work: (deadlineMs: number) => Promise<T>): Promise<T> {
  const end = performance.now() + patience.totalMs;
  for (let attempt = 0; ; attempt++) {
    const deadlineMs = Math.min(patience.attemptMs, end - performance.now());
    try {
      return await within(deadlineMs, what, work);
    } catch (thrown) {
      const failure = classify(thrown);
      if (failure.kind === 'final') throw failure.error;
      if (failure.kind === 'conflict') throw thrown;
      const pause = pauseMs(attempt);
      if (end - performance.now() - pause < patience.attemptMs * LEAST_ATTEMPT) throw new StoreUnavailable(`EventStoreDB does not answer (${what})`, 1, { cause: thrown });
      await sleep(pause);
    }
  }
}

/** Doubling from 10 ms to 1 s, a fifth of it by chance so that many nodes do not come back at once. */
export function pauseMs(attempt: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (0.8 + 0.2 * Math.random());
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

/** The client looks for a node of a cluster for up to a minute and knows no deadline there, so the clock is ours. */
async function within<T>(deadlineMs: number, what: string, work: (deadlineMs: number) => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const alarm = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlinePassed(`no answer within ${Math.round(deadlineMs)} ms (${what})`)), deadlineMs);
  });
  try {
    return await Promise.race([work(deadlineMs), alarm]);
  } finally {
    clearTimeout(timer);
  }
}

/** The client's converter throws where the server's answer lacks a field it hopes for. */
function asCommandError(error: Error): Error {
  try {
    return convertToCommandError(error);
  } catch {
    return error;
  }
}

function codeOf(error: Error): number | undefined {
  return 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

function revisionOf(version: bigint | 'no_stream' | undefined): number | 'no-stream' | null {
  if (version === undefined) return null;
  return version === 'no_stream' || version < 0n ? 'no-stream' : Number(version);
}

function refused(reason: EventStoreRefused['reason'], message: string, cause: Error): Failure {
  return { kind: 'final', error: new EventStoreRefused(reason, message, { cause }) };
}
