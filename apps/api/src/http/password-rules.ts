import { Injectable } from '@nestjs/common';
import { checkPassword } from '@rolebook/crypto';
import { Problem } from './problems';

/** Passwords after NIST SP 800-63B-4, section 3.1.1: 15 characters where they are the only factor, 8 beside a second one. */
const MIN_LENGTH = { alone: 15, besideTwoFactor: 8 };

@Injectable()
export class PasswordRules {
  /**
   * @param forbidden what a password must not be made of: address, name, business
   * @throws {Problem} `validation`
   */
  async check(password: string, { twoFactor, forbidden }: { readonly twoFactor: boolean; readonly forbidden: readonly string[] }, pointer = '#/password'): Promise<void> {
    const refusal = await checkPassword(password, { minLength: twoFactor ? MIN_LENGTH.besideTwoFactor : MIN_LENGTH.alone, forbidden: [...forbidden] });
    if (refusal) throw new Problem('validation', undefined, { errors: [{ pointer, message: refusal.message }] });
  }
}
