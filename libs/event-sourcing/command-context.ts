import { createHash } from 'node:crypto';
import { uuidv7, type Actor, type DomainEvent } from '@rolebook/kernel';

/** An event that a command brought about (or, in a dry run, would have). */
export interface CommandEffect {
  readonly stream: string;
  readonly eventId: string;
  readonly event: DomainEvent;
}

/**
 * Who asks, from where, when, and under which conditions: comes in with every command.
 * Moments and ids derive from it, so that a retry after a crash brings about the same events and not a second set.
 */
export class CommandContext {
  /** What the command has brought about so far, in order. */
  readonly effects: CommandEffect[] = [];
  /** Position of the last event appended by this command; 0 while there is none. */
  position = 0;
  /** States that a dry run has reached, by stream: later steps of the same command see the earlier ones. */
  readonly imagined = new Map<string, { readonly state: unknown; readonly revision: number }>();

  constructor(
    readonly given: {
      readonly businessId: string;
      readonly actor: Actor;
      /** Milliseconds since the epoch. */
      readonly at: number;
      readonly commandId: string;
      readonly requestId: string | null;
      readonly sessionId: string | null;
      readonly ip: string | null;
      readonly device: string | null;
      /** All checks run, nothing is stored or sent. */
      readonly dryRun?: boolean;
      /** From If-Match: the revision the caller has seen. */
      readonly expectedRevision?: number | null;
      /** The command may have been carried out before (its process died before it could answer). */
      readonly retried?: boolean;
    },
  ) {}

  get businessId(): string { return this.given.businessId; }
  get actor(): Actor { return this.given.actor; }
  get at(): number { return this.given.at; }
  get dryRun(): boolean { return this.given.dryRun ?? false; }
  get retried(): boolean { return this.given.retried ?? false; }

  /** The signed-in user's id. @throws {Error} where nobody is signed in: a guard is missing */
  get userId(): string {
    if (this.actor.type !== 'user') throw new Error('the command needs a signed-in user');
    return this.actor.id;
  }

  /** A UUIDv7 that is the same for the same command and name, also in a retry. */
  idFor(name: string): string {
    return uuidv7(this.at, this.hash(`id\0${name}`));
  }

  /** The id of this command's n-th event in a stream: the same again in a retry, so that the log takes it once. */
  eventId(stream: string, n: number): string {
    return uuidv7(this.at, this.hash(`event\0${stream}\0${n}`));
  }

  private hash(text: string): Uint8Array {
    return createHash('sha256').update(`${this.given.commandId}\0${text}`).digest();
  }
}
