import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Person, TwoFactorPolicy } from '@rolebook/access';
import type { CommandContext } from '@rolebook/event-sourcing';
import { BusinessStreams, type BusinessOutcome } from './business-streams';

/** Says of whom the business requires two-factor, in open sessions too. `by`: who gives the command, folded from their stream. @throws {DomainError} `forbidden` */
export class ChangeTwoFactorPolicy extends Command<BusinessOutcome> {
  constructor(readonly context: CommandContext, readonly by: Person, readonly policy: TwoFactorPolicy) { super(); }
}

@CommandHandler(ChangeTwoFactorPolicy)
export class ChangeTwoFactorPolicyHandler implements ICommandHandler<ChangeTwoFactorPolicy> {
  constructor(private readonly businesses: BusinessStreams) {}

  execute({ context, by, policy }: ChangeTwoFactorPolicy): Promise<BusinessOutcome> {
    return this.businesses.execute(context, { type: 'ChangeTwoFactorPolicy', by, policy });
  }
}
