import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { CodeChecks } from './code-checks';
import { RecoveryCodes } from './recovery-codes';

/** Makes ten new recovery codes; those before are worthless. @returns the codes, to be shown once */
export class ReplaceRecoveryCodes extends Command<readonly string[]> {
  constructor(readonly context: CommandContext, readonly source: string, readonly code: string) { super(); }
}

@CommandHandler(ReplaceRecoveryCodes)
export class ReplaceRecoveryCodesHandler implements ICommandHandler<ReplaceRecoveryCodes> {
  constructor(private readonly checks: CodeChecks, private readonly recoveryCodes: RecoveryCodes) {}

  async execute({ context, source, code }: ReplaceRecoveryCodes): Promise<readonly string[]> {
    const { userId } = context;
    const { codes, hashes } = this.recoveryCodes.forCommand(context, userId);
    await this.checks.guarded(context, source, userId, async () =>
      ({ type: 'ReplaceRecoveryCodes', userId, proof: await this.checks.proofOf(context, userId, code), recoveryCodes: hashes }));
    return codes;
  }
}
