import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { ActionTokenFields } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import { DomainError } from '@rolebook/kernel';
import { twoFactorRefusals, VerifySecondFactor, type SecondFactor } from '@rolebook/two-factor/write';
import { UserStreams } from '@rolebook/users/write';
import { KnownDevices, type Origin } from '../device/known-devices';
import { SessionStreams } from './session-streams';
import type { SignedIn } from './sign-in';
import { StartSession } from './start-session';

/**
 * Ends a half-open sign-in with a code, or a recovery code. The challenge opens one session, once, and none after the person's sessions were all ended.
 * @throws {DomainError} `invalid-code`, whatever is wrong. @throws {TooManyAttempts}
 */
export class CompleteSignIn extends Command<SignedIn> {
  constructor(readonly context: CommandContext, readonly challenge: ActionTokenFields<'two-factor-challenge'>, readonly given: SecondFactor, readonly origin: Origin) { super(); }
}

@CommandHandler(CompleteSignIn)
export class CompleteSignInHandler implements ICommandHandler<CompleteSignIn> {
  constructor(
    private readonly users: UserStreams, private readonly sessions: SessionStreams, private readonly devices: KnownDevices, private readonly commands: CommandBus,
  ) {}

  async execute({ context, challenge, given, origin }: CompleteSignIn): Promise<SignedIn> {
    const { businessId, userId, sessionId } = challenge;
    const own = context.as({ businessId, actor: { type: 'user', id: userId } });
    const [{ state: user }, { state: session }] = await Promise.all([this.users.load(own, userId), this.sessions.load(own, sessionId)]);
    const open = context.at < challenge.expiresAt && user.status === 'active' && user.sessionEpoch === challenge.epoch && (session.id === null || context.retried);
    if (!open) throw twoFactorRefusals.invalidCode();
    const from = await this.devices.recognise(businessId, userId, origin);
    const twoFactorEpoch = await this.commands.execute(new VerifySecondFactor(own, from.source, userId, given)).catch((error: unknown) => {
      throw error instanceof DomainError && error.code === 'not-enrolled' ? twoFactorRefusals.invalidCode() : error;
    });
    const started = await this.commands.execute(new StartSession(own, user, { method: 'password-and-two-factor', newDevice: from.isNew, twoFactorEpoch, sessionId }));
    if (!started.isNew) throw twoFactorRefusals.invalidCode(); // another request was faster with the same challenge
    return { deviceToken: await this.devices.remember(own, userId, origin, from), ...started };
  }
}
