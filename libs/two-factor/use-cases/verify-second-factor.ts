import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { twoFactorRefusals } from '../domain/errors';
import { CodeChecks } from './code-checks';
import { RecoveryCodes } from './recovery-codes';
import type { TwoFactorOutcome } from './two-factor-streams';

/** What somebody who signs in gives besides the password. */
export type SecondFactor = { readonly code: string } | { readonly recoveryCode: string };

/**
 * Uses up a code, or a recovery code, of somebody who signs in.
 * @returns the epoch of the second factor that the code was good for: a session that rests on it is over once that is past
 * @throws {DomainError} `invalid-code`; `not-enrolled` where there is no second factor
 */
export class VerifySecondFactor extends Command<number> {
  constructor(readonly context: CommandContext, readonly source: string, readonly userId: string, readonly given: SecondFactor) { super(); }
}

@CommandHandler(VerifySecondFactor)
export class VerifySecondFactorHandler implements ICommandHandler<VerifySecondFactor> {
  constructor(private readonly checks: CodeChecks, private readonly recoveryCodes: RecoveryCodes) {}

  async execute({ context, source, userId, given }: VerifySecondFactor): Promise<number> {
    const { state } = await this.verify(context, source, userId, given);
    if (!state.enabled) throw twoFactorRefusals.invalidCode(); // accepted before a crash, and reset since
    return state.epoch;
  }

  private verify(context: CommandContext, source: string, userId: string, given: SecondFactor): Promise<TwoFactorOutcome> {
    if ('code' in given) return this.checks.guarded(context, source, userId, async () => ({ type: 'Verify', userId, proof: await this.checks.proofOf(context, userId, given.code) }));
    const proof = { method: 'recovery-code' as const, hash: this.recoveryCodes.hash(context.businessId, userId, given.recoveryCode) };
    return this.checks.guarded(context, source, userId, async () => ({ type: 'Verify', userId, proof }), 'recovery-code');
  }
}
