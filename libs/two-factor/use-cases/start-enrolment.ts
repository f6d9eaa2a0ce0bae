import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { newTotpSecret } from '../totp';
import { TwoFactorStreams } from './two-factor-streams';

/** Offers a secret for one's own authenticator, and takes back the one offered before. Nothing is enrolled before a code confirms it. @returns the secret, base32 */
export class StartEnrolment extends Command<string> {
  constructor(readonly context: CommandContext) { super(); }
}

@CommandHandler(StartEnrolment)
export class StartEnrolmentHandler implements ICommandHandler<StartEnrolment> {
  constructor(private readonly streams: TwoFactorStreams) {}

  async execute({ context }: StartEnrolment): Promise<string> {
    const { events } = await this.streams.execute(context, { type: 'StartEnrolment', userId: context.userId, secret: newTotpSecret() });
    const secret = events.flatMap((event) => (event.type === 'TwoFactorEnrolmentStarted' ? [event.data.secret] : []))[0];
    if (secret === undefined) throw new Error('an enrolment has started without a secret');
    return secret;
  }
}
