import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { CodeChecks } from './code-checks';
import { RecoveryCodes } from './recovery-codes';

/** What somebody who signs in gives besides the password. */
export type SecondFactor = { readonly code: string } | { readonly recoveryCode: string };

/** Uses up a code, or a recovery code, of somebody who signs in. @throws {DomainError} `invalid-code`; `not-enrolled` where there is no second factor */
export class VerifySecondFactor extends Command<void> {
  constructor(readonly context: CommandContext, readonly source: string, readonly userId: string, readonly given: SecondFactor) { super(); }
}

@CommandHandler(VerifySecondFactor)
export class VerifySecondFactorHandler implements ICommandHandler<VerifySecondFactor> {
  constructor(private readonly checks: CodeChecks, private readonly recoveryCodes: RecoveryCodes) {}

  async execute({ context, source, userId, given }: VerifySecondFactor): Promise<void> {
    if ('code' in given) {
      await this.checks.guarded(context, source, userId, async () => ({ type: 'Verify', userId, proof: await this.checks.proofOf(context, userId, given.code) }));
    } else {
      const proof = { method: 'recovery-code' as const, hash: this.recoveryCodes.hash(context.businessId, userId, given.recoveryCode) };
      await this.checks.guarded(context, source, userId, async () => ({ type: 'Verify', userId, proof }), 'recovery-code');
    }
  }
}
