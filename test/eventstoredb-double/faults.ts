import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import type { Front } from './front';

export type Operation = 'append' | 'read' | 'subscribe';

/**
 * What goes wrong with a call:
 * - `unavailable`: nothing done, UNAVAILABLE answered
 * - `not-leader`: nothing done; the answer names this same server as the leader
 * - `no-leader`: nothing done; an election is going on
 * - `access-denied`: nothing done, and never will be
 * - `hang`: nothing done, nothing answered
 * - `lost`: done, and UNAVAILABLE answered: the outcome is unknown
 * - `timeout`: done, and the server's own timeout (ABORTED) answered
 * - `lost-in-silence`: done, and nothing answered
 * - `forgotten`: for an append that was stored before: its ids are no longer known, so it is a conflict
 */
export type FaultKind = 'unavailable' | 'not-leader' | 'no-leader' | 'access-denied' | 'hang' | 'lost' | 'timeout' | 'lost-in-silence' | 'forgotten';

/** Faults on demand. Each call uses up the first one meant for its operation. */
export class Faults {
  private readonly planned: { readonly on: Operation; readonly kind: FaultKind; times: number; passed: number }[] = [];
  private readonly silencers = new Set<() => void>();
  private readonly enders = new Set<() => void>();
  private readonly met: Record<Operation, number> = { append: 0, read: 0, subscribe: 0 };
  private delayMs = 0;

  constructor(private readonly front: Front, private readonly address: () => { readonly host: string; readonly port: number }) {}

  /** The next calls of an operation, `Infinity` for all until `clear()`. @param passed calls that go well before */
  next(on: Operation, kind: FaultKind, times = 1, passed = 0): void {
    this.planned.push({ on, kind, times, passed });
  }

  /** Every answer comes that much later. */
  delay(milliseconds: number): void {
    this.delayMs = milliseconds;
  }

  clear(): void {
    this.planned.length = 0;
    this.delayMs = 0;
  }

  /** How many calls of an operation there were, faults or none. */
  calls(of: Operation): number {
    return this.met[of];
  }

  /** Cuts every connection; new ones are taken. */
  dropConnections(): void {
    this.front.cut();
  }

  /** Forgets the connections there are without closing them: nothing passes any more, either way. New ones are taken. */
  forgetConnections(): void {
    this.front.swallow();
  }

  /** The server is not running, until {@link comeBack}. */
  goAway(): Promise<void> {
    return this.front.shut();
  }

  comeBack(): Promise<void> {
    return this.front.reopen();
  }

  /** The subscriptions there are say nothing more, though their connection lives. */
  silenceSubscriptions(): void {
    for (const silence of this.silencers) silence();
  }

  /** The server ends the subscriptions there are, without an error. */
  endSubscriptions(): void {
    for (const end of this.enders) end();
  }

  /** For the service: the fault this call meets. */
  meet(on: Operation): FaultKind | null {
    this.met[on]++;
    const index = this.planned.findIndex((fault) => fault.on === on);
    const fault = this.planned[index];
    if (!fault || fault.passed-- > 0) return null;
    fault.times--;
    if (fault.times === 0) this.planned.splice(index, 1);
    return fault.kind;
  }

  /** For the service: waits as long as answers are to be late. */
  async late(): Promise<void> {
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
  }

  /** For the service: a subscription that can be silenced or ended. @returns to be called when it is over */
  subscribed(silence: () => void, end: () => void): () => void {
    this.silencers.add(silence);
    this.enders.add(end);
    return () => {
      this.silencers.delete(silence);
      this.enders.delete(end);
    };
  }

  /** For the service: the error by which the server speaks of a fault; `null` where it says nothing. */
  errorOf(kind: FaultKind): Partial<ServiceError> | null {
    switch (kind) {
      case 'unavailable':
      case 'lost':
        return { code: status.UNAVAILABLE, details: 'Server Is Not Ready' };
      case 'timeout':
        return { code: status.ABORTED, details: 'Operation timed out' };
      case 'no-leader':
        return { code: status.UNKNOWN, details: 'No leader info available in response' };
      case 'not-leader': {
        const { host, port } = this.address();
        return failure(status.NOT_FOUND, 'Leader info available', 'not-leader', { 'leader-endpoint-host': host, 'leader-endpoint-port': String(port) });
      }
      case 'access-denied':
        return failure(status.PERMISSION_DENIED, 'Access Denied', 'access-denied');
      case 'hang':
      case 'lost-in-silence':
      case 'forgotten':
        return null;
    }
  }
}

/** An error with the trailers by which clients tell one from another. */
export function failure(code: status, details: string, exception: string, more: Readonly<Record<string, string>> = {}): Partial<ServiceError> {
  const metadata = new Metadata();
  metadata.set('exception', exception);
  for (const [key, value] of Object.entries(more)) metadata.set(key, value);
  return { code, details, metadata };
}
