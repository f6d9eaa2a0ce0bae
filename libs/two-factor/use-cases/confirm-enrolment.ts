import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { CodeChecks } from './code-checks';
import { RecoveryCodes } from './recovery-codes';

/** Confirms the offered secret by a code of it: from now on signing in takes a code. @returns the recovery codes, to be shown once */
export class ConfirmEnrolment extends Command<readonly string[]> {
  constructor(readonly context: CommandContext, readonly source: string, readonly code: string) { super(); }
}

@CommandHandler(ConfirmEnrolment)
export class ConfirmEnrolmentHandler implements ICommandHandler<ConfirmEnrolment> {
  constructor(private readonly checks: CodeChecks, private readonly recoveryCodes: RecoveryCodes) {}

  async execute({ context, source, code }: ConfirmEnrolment): Promise<readonly string[]> {
    const { userId } = context;
    const { codes, hashes } = this.recoveryCodes.forCommand(context, userId);
    await this.checks.guarded(context, source, userId, async () =>
      ({ type: 'ConfirmEnrolment', userId, proof: await this.checks.proofOf(context, userId, code), recoveryCodes: hashes }));
    return codes;
  }
}
