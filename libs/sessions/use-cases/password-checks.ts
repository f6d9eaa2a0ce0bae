import { Injectable } from '@nestjs/common';
import { InstallationSecrets, PasswordHasher } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import { consecutiveFailures, failureRate, networkOf, Throttle } from '@rolebook/throttling';
import { EmailAddresses, UserStreams, type EmailAddress, type UserState } from '@rolebook/users/write';

/** Passwords guessed at one account from one place. */
const PER_ACCOUNT = consecutiveFailures();
/** Passwords guessed from one network, at whatever accounts: an office behind one address must still be able to mistype. */
const PER_NETWORK = failureRate({ capacity: 300, perMs: 3600_000 });
/** Stands for nobody: looked up like anybody, and never found. */
const NOBODY = '00000000-0000-7000-8000-000000000000';

/** Guesses at passwords: throttled, and the same work whosever they are. */
@Injectable()
export class PasswordChecks {
  constructor(
    private readonly users: UserStreams, private readonly emails: EmailAddresses, private readonly passwords: PasswordHasher,
    private readonly throttle: Throttle, private readonly secrets: InstallationSecrets,
  ) {}

  /** Who has the address, if anybody; the same reads for an address that nobody has. */
  async holderOf(context: CommandContext, email: EmailAddress | null): Promise<UserState | null> {
    const userId = await this.emails.holder(context, email?.normalised ?? '');
    const { state } = await this.users.load(context, userId ?? NOBODY);
    return state.status === 'none' ? null : state;
  }

  /**
   * One guess at a password, counted before it is checked. For nobody, or somebody who may not sign in, a dummy hash is computed and the guess is wrong.
   * @param account what stands for the account in the count, whether it exists or not
   * @returns the user, or `null` for a wrong guess. @throws {TooManyAttempts} @throws {Overloaded}
   */
  guess(context: CommandContext, account: string, source: string, user: UserState | null, password: string): Promise<UserState | null> {
    const limits = [
      { key: this.secrets.mac('throttle', 'password-network', networkOf(context.given.ip)), policy: PER_NETWORK },
      { key: this.accountKey(context.businessId, account, source), policy: PER_ACCOUNT },
    ];
    return this.throttle.attempt(limits, async () => {
      const active = user?.status === 'active' ? user : null;
      return (await this.passwords.verify(active?.passwordHash ?? null, password)) ? active : null;
    });
  }

  /** The password is another one now: what strangers guessed before counts no more. */
  async forget(businessId: string, account: string): Promise<void> {
    await this.throttle.forget([this.accountKey(businessId, account, 'elsewhere')]);
  }

  private accountKey(businessId: string, account: string, source: string): string {
    return this.secrets.mac('throttle', 'password-account', businessId, account, source);
  }
}
