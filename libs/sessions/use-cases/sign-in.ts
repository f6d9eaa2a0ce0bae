import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { PasswordHasher } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import { EmailAddresses, userRefusals, UserStreams, type EmailAddress, type UserState } from '@rolebook/users/write';
import { SessionStreams } from './session-streams';
import { StartSession, type StartedSession } from './start-session';

/** Signs in with address and password. `email` is `null` where the address could not be one: refused like any other. */
export class SignIn extends Command<StartedSession> {
  constructor(readonly context: CommandContext, readonly email: EmailAddress | null, readonly password: string) { super(); }
}

@CommandHandler(SignIn)
export class SignInHandler implements ICommandHandler<SignIn> {
  constructor(
    private readonly users: UserStreams, private readonly emails: EmailAddresses, private readonly sessions: SessionStreams,
    private readonly passwords: PasswordHasher, private readonly commands: CommandBus,
  ) {}

  async execute({ context, email, password }: SignIn): Promise<StartedSession> {
    const user = await this.userOf(context, email);
    const active = user?.status === 'active' ? user : null;
    const right = await this.passwords.verify(active?.passwordHash ?? null, password); // the same work whoever it is
    if (!active || !right) {
      const reason = !user ? 'unknown-address' as const : !active ? 'not-active' as const : 'wrong-password' as const;
      await this.sessions.refused(context, { userId: user?.id ?? null, reason });
      throw userRefusals.invalidCredentials();
    }
    return this.commands.execute(new StartSession(context.as({ actor: { type: 'user', id: active.id } }), active, 'password'));
  }

  private async userOf(context: CommandContext, email: EmailAddress | null): Promise<UserState | null> {
    const userId = email && (await this.emails.holder(context, email.normalised));
    if (!userId) return null;
    const { state } = await this.users.load(context, userId);
    return state.status === 'none' ? null : state;
  }
}
