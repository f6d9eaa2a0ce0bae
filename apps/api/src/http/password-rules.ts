import { Injectable } from '@nestjs/common';
import { settingsLevel, twoFactorRequired } from '@rolebook/access';
import { BusinessStreams } from '@rolebook/businesses/write';
import { checkPassword } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { UserState } from '@rolebook/users/write';
import { Problem } from './problems';

/** Passwords after NIST SP 800-63B-4, section 3.1.1: 15 characters where they are the only factor, 8 beside a second one. */
const MIN_LENGTH = { alone: 15, besideTwoFactor: 8 };

@Injectable()
export class PasswordRules {
  constructor(private readonly businesses: BusinessStreams) {}

  /**
   * @param forbidden what a password must not be made of: address, name, business
   * @throws {Problem} `validation`
   */
  async check(password: string, { twoFactor, forbidden }: { readonly twoFactor: boolean; readonly forbidden: readonly string[] }, pointer = '#/password'): Promise<void> {
    const refusal = await checkPassword(password, { minLength: twoFactor ? MIN_LENGTH.besideTwoFactor : MIN_LENGTH.alone, forbidden: [...forbidden] });
    if (refusal) throw new Problem('validation', undefined, { errors: [{ pointer, message: refusal.message }] });
  }

  /** A new password of somebody who is there already. @throws {Problem} `validation` */
  async checkFor(context: CommandContext, user: UserState, password: string, pointer = '#/password'): Promise<void> {
    const business = await this.businesses.load(context);
    const twoFactor = twoFactorRequired(business.twoFactorPolicy, settingsLevel(user));
    await this.check(password, { twoFactor, forbidden: [user.email, user.displayName ?? '', business.name, business.slug] }, pointer);
  }
}
