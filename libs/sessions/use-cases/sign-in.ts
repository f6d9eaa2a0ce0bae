import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { ActionTokenFields } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import { TooManyAttempts } from '@rolebook/throttling';
import { TwoFactorStreams } from '@rolebook/two-factor/write';
import { userRefusals, type EmailAddress, type UserState } from '@rolebook/users/write';
import type { SignInRefused } from '../domain/events';
import { KnownDevices, type Origin } from '../device/known-devices';
import { PasswordChecks } from './password-checks';
import { SessionStreams } from './session-streams';
import { StartSession, type StartedSession } from './start-session';

/** How long a half-open sign-in waits for its code. */
export const CHALLENGE_MS = 5 * 60 * 1000;

export interface SignedIn extends StartedSession { readonly deviceToken: string }
export type SignInOutcome =
  | { readonly status: 'signed-in'; readonly session: SignedIn }
  /** The password was right; a code is still to come. No session exists yet: its id is only reserved. */
  | { readonly status: 'two-factor-required'; readonly challenge: ActionTokenFields<'two-factor-challenge'> };

/**
 * Signs in with address and password. `email` is `null` where the address could not be one: refused like any other.
 * @throws {DomainError} `invalid-credentials`, in the same words and time whoever it is. @throws {TooManyAttempts}
 */
export class SignIn extends Command<SignInOutcome> {
  constructor(readonly context: CommandContext, readonly email: EmailAddress | null, readonly password: string, readonly origin: Origin) { super(); }
}

@CommandHandler(SignIn)
export class SignInHandler implements ICommandHandler<SignIn> {
  constructor(
    private readonly checks: PasswordChecks, private readonly devices: KnownDevices, private readonly sessions: SessionStreams,
    private readonly twoFactor: TwoFactorStreams, private readonly commands: CommandBus,
  ) {}

  async execute({ context, email, password, origin }: SignIn): Promise<SignInOutcome> {
    const account = email?.normalised ?? '';
    const user = await this.checks.holderOf(context, email);
    const from = await this.devices.recognise(context.businessId, user?.id ?? account, origin);
    const proven = await this.checks.guess(context, account, from.source, user, password).catch(async (error: unknown) => {
      if (error instanceof TooManyAttempts && error.firstOfWait) await this.sessions.refused(context, { userId: user?.id ?? null, reason: 'throttled' });
      throw error;
    });
    if (!proven) {
      await this.sessions.refused(context, { userId: user?.id ?? null, reason: whyRefused(user) });
      throw userRefusals.invalidCredentials();
    }
    const own = context.as({ actor: { type: 'user', id: proven.id } });
    const { enabled, epoch: twoFactorEpoch } = await this.twoFactor.load(own, proven.id);
    if (enabled) return { status: 'two-factor-required', challenge: challengeOf(context, proven) };
    const session = await this.commands.execute(new StartSession(own, proven, { method: 'password', newDevice: from.isNew, twoFactorEpoch }));
    return { status: 'signed-in', session: { deviceToken: await this.devices.remember(own, proven.id, origin, from), ...session } };
  }
}

/** For the audit; the caller is not told. */
function whyRefused(user: UserState | null): SignInRefused['data']['reason'] {
  if (!user) return 'unknown-address';
  return user.status === 'active' ? 'wrong-password' : 'not-active';
}

function challengeOf(context: CommandContext, user: UserState): ActionTokenFields<'two-factor-challenge'> {
  return { businessId: context.businessId, userId: user.id, sessionId: context.idFor('session'), epoch: user.sessionEpoch, expiresAt: context.at + CHALLENGE_MS };
}
