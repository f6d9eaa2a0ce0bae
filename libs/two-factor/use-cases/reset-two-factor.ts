import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { DomainError } from '@rolebook/kernel';
import { UserStreams } from '@rolebook/users/write';
import type { IdentityVerification } from '../domain/decider';
import { TwoFactorStreams, type TwoFactorOutcome } from './two-factor-streams';

/**
 * Takes authenticator and recovery codes from somebody who has lost them, by an administrator who has verified who that is. One event does it
 * all: it raises the epoch of the second factor, and with that every session is over. So there is nothing a crash could leave half-done.
 * @throws {DomainError} `not-found`, `forbidden`, `not-enrolled`, `stale`
 */
export class ResetTwoFactor extends Command<TwoFactorOutcome> {
  constructor(readonly context: CommandContext, readonly userId: string, readonly verification: IdentityVerification) { super(); }
}

@CommandHandler(ResetTwoFactor)
export class ResetTwoFactorHandler implements ICommandHandler<ResetTwoFactor> {
  constructor(private readonly streams: TwoFactorStreams, private readonly users: UserStreams) {}

  async execute({ context, userId, verification }: ResetTwoFactor): Promise<TwoFactorOutcome> {
    const by = await this.users.administrator(context, userId);
    const { state: user, revision } = await this.users.load(context, userId);
    if ((context.given.expectedRevision ?? revision) !== revision) throw new DomainError('stale', 'Somebody has changed this since you read it; read it again.');
    const there = user.status !== 'none' && user.status !== 'abandoned';
    return this.streams.execute(context, { type: 'Reset', userId, by, target: there ? user : null, erased: user.status === 'erased', verification });
  }
}
