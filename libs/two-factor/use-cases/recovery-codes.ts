import { Injectable } from '@nestjs/common';
import { InstallationSecrets } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';

const COUNT = 10;
/** 120 bits a code: from 112 on a plain hash is enough to store one (OWASP ASVS 5.0, 6.5.2; NIST SP 800-63B-4, section 3.1.2.2). */
const CODE_BYTES = 15;
const CODE_CHARACTERS = 24;
/** Crockford's base32: no letter that looks like a digit. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export interface NewRecoveryCodes {
  /** To be shown once, such as `7q2k-x0fm-9t4c-hw3z-e51n-rb8v`. */
  readonly codes: readonly string[];
  /** As they stand in the stream, in the same order. */
  readonly hashes: readonly string[];
}

/**
 * Codes that let somebody in, once each, who has lost the authenticator.
 * They derive from the installation's root secret (HMAC-SHA-256, a pseudo-random function) and the command's id, so that a command that is
 * retried after a crash shows the very codes whose hashes it stored; a copy of the database without that secret gives none away.
 */
@Injectable()
export class RecoveryCodes {
  constructor(private readonly secrets: InstallationSecrets) {}

  /** Ten, the same for the same command. */
  forCommand(context: CommandContext, userId: string): NewRecoveryCodes {
    const codes = Array.from({ length: COUNT }, (_, n) => written(this.secrets.macBytes('recovery-code', context.businessId, userId, context.given.commandId, String(n))));
    return { codes, hashes: codes.map((code) => this.hash(context.businessId, userId, code)) };
  }

  /**
   * A keyed hash (HMAC-SHA-256), bound to the person: how a code stands in the stream, where it is sealed with the person's key besides.
   * Case, blanks and dashes make no difference, nor do the letters o, i and l for the digits they look like. Takes any text.
   */
  hash(businessId: string, userId: string, code: string): string {
    const plain = code.toLowerCase().replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1');
    return this.secrets.mac('recovery-code-hash', businessId, userId, plain);
  }
}

/** The first 120 bits, in six groups of four. */
function written(bytes: Uint8Array): string {
  let bits = 0n;
  for (const byte of bytes.subarray(0, CODE_BYTES)) bits = bits * 256n + BigInt(byte);
  let code = '';
  for (let i = 0; i < CODE_CHARACTERS; i++) {
    code = (ALPHABET[Number(bits & 31n)] ?? '') + (i > 0 && i % 4 === 0 ? '-' : '') + code;
    bits >>= 5n;
  }
  return code;
}
