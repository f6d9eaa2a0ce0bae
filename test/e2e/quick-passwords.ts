import { PasswordHasher } from '@rolebook/crypto';
import { createHash, randomBytes } from 'node:crypto';

const PREFIX = '$quick$';

/**
 * One round of SHA-256 where the service takes argon2id, which is half of what a test of somebody who signs in costs. What is tested is who gets in, not how long a guess takes.
 * It knows what argon2id has hashed too, as for a business that the auditor's command line made.
 */
export class QuickPasswords extends PasswordHasher {
  constructor(private readonly argon2: PasswordHasher) { super(); }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(9).toString('base64url');
    return `${PREFIX}${salt}$${digest(salt, password)}`;
  }

  async verify(hash: string | null, password: string): Promise<boolean> {
    if (hash === null) return false;
    if (!hash.startsWith(PREFIX)) return this.argon2.verify(hash, password);
    const [salt = '', wanted] = hash.slice(PREFIX.length).split('$');
    return digest(salt, password) === wanted;
  }

  needsRehash(hash: string): boolean { return !hash.startsWith(PREFIX) && this.argon2.needsRehash(hash); }

  async close(): Promise<void> { await this.argon2.close(); }
}

function digest(salt: string, password: string): string {
  return createHash('sha256').update(salt).update(password.normalize('NFC')).digest('base64url');
}
