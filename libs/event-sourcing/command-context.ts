import { createHash } from 'node:crypto';
import { uuidv7, type Actor, type DomainEvent } from '@rolebook/kernel';

/** An event that a command brought about (or, in a dry run, would have). */
export interface CommandEffect {
  readonly stream: string;
  readonly eventId: string;
  readonly event: DomainEvent;
}

interface Progress {
  readonly effects: CommandEffect[];
  position: number;
  person: string | null;
  readonly impact: Record<string, unknown>;
  readonly imagined: Map<string, { readonly state: unknown; readonly revision: number }>;
}

/**
 * Who asks, from where, when, and under which conditions: comes in with every command.
 * Moments and ids derive from it, so that a retry after a crash brings about the same events and not a second set.
 */
export class CommandContext {
  /** What the command has brought about so far; shared by every context made from this one. */
  private progress: Progress = { effects: [], position: 0, person: null, impact: {}, imagined: new Map() };

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

  /** What the command has brought about so far, in order. */
  get effects(): CommandEffect[] { return this.progress.effects; }
  /** Position of the last event appended by this command; 0 while there is none. */
  get position(): number { return this.progress.position; }
  reached(position: number): void { this.progress.position = Math.max(this.progress.position, position); }
  /** Who gives the command, where that turned out only on the way, as by the link of a mail. */
  get person(): string | null { return this.progress.person; }
  /** What a dry run foresees beyond its events, such as who is hit. */
  get impact(): Record<string, unknown> { return this.progress.impact; }
  /** States that a dry run has reached, by stream: later steps of the same command see the earlier ones. */
  get imagined(): Progress['imagined'] { return this.progress.imagined; }

  /** The same command, gone on with by somebody now known, or in another business: whoever signs in, or a new business's owner. */
  as(changed: { readonly actor?: Actor; readonly sessionId?: string; readonly businessId?: string }): CommandContext {
    const context = new CommandContext({ ...this.given, ...changed });
    context.progress = this.progress;
    if (changed.actor?.type === 'user') context.progress.person = changed.actor.id;
    return context;
  }

  /** A command of its own that this one brings about, such as a repair: a retry does not take its events for this command's. */
  apart(name: string): CommandContext {
    const context = new CommandContext({ ...this.given, commandId: this.idFor(`command ${name}`), expectedRevision: null });
    context.progress = this.progress;
    return context;
  }

  /** The same command as a dry run that leaves no trace, to be refused before dear work is done. */
  rehearsal(): CommandContext {
    return new CommandContext({ ...this.given, dryRun: true });
  }

  /** The same command as no dry run, for what happens even in one: a password was guessed, whatever the guesser wanted with it. */
  inEarnest(): CommandContext {
    const context = new CommandContext({ ...this.given, dryRun: false });
    context.progress = this.progress;
    return context;
  }

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
