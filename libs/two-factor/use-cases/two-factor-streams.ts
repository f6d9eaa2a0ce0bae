import { Injectable } from '@nestjs/common';
import { streamNames } from '@rolebook/access';
import { Streams, type CommandContext, type Outcome } from '@rolebook/event-sourcing';
import { twoFactorDecider, type TwoFactorCommand } from '../domain/decider';
import { twoFactorRefusals } from '../domain/errors';
import type { TwoFactorCodeRefused, TwoFactorEvent } from '../domain/events';
import { twoFactorStream, type TwoFactorState } from '../domain/state';

export type TwoFactorOutcome = Outcome<TwoFactorState, TwoFactorEvent>;

/** The streams of people's second factors, as use-cases go about them. */
@Injectable()
export class TwoFactorStreams {
  constructor(private readonly streams: Streams) {}

  async load(context: CommandContext, userId: string): Promise<TwoFactorState> {
    return (await this.streams.load(twoFactorStream, streamNames.twoFactor(context.businessId, userId), context)).state;
  }

  /** A refused code is written down in a dry run too: it was guessed all the same. @throws {DomainError} what the decider refuses */
  async execute(context: CommandContext, command: TwoFactorCommand): Promise<TwoFactorOutcome> {
    const outcome = await this.streams.execute<TwoFactorState, TwoFactorEvent>(twoFactorStream, streamNames.twoFactor(context.businessId, command.userId), context,
      (state) => twoFactorDecider.decide(command, state));
    if (context.dryRun && !wasAccepted(outcome)) await this.record(context, command.userId, outcome.events);
    return outcome;
  }

  /** Writes down a code that was not even looked at. */
  throttled(context: CommandContext, userId: string, method: TwoFactorCodeRefused['data']['method']): Promise<void> {
    return this.record(context, userId, [{ type: 'TwoFactorCodeRefused', data: { userId, method, reason: 'throttled' } }]);
  }

  private record(context: CommandContext, userId: string, events: readonly TwoFactorEvent[]): Promise<void> {
    return this.streams.record<TwoFactorEvent>(streamNames.twoFactor(context.businessId, userId), context.inEarnest(), events);
  }
}

/** Whether a command went through; a refused code is an event. */
export function wasAccepted({ events }: Pick<TwoFactorOutcome, 'events'>): boolean {
  return !events.some(({ type }) => type === 'TwoFactorCodeRefused');
}

/** @throws {DomainError} `invalid-code` for a wrong guess */
export function requireAccepted<T>(outcome: T | null): T {
  if (outcome === null) throw twoFactorRefusals.invalidCode();
  return outcome;
}
