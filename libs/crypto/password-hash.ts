import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { TaskPool } from './task-pool';

/** argon2id with the first of OWASP's recommended settings (Password Storage Cheat Sheet); memory in KiB. */
const SETTINGS = { memory: 19_456, passes: 2, lanes: 1 } as const;
const PREFIX = `$argon2id$v=19$m=${SETTINGS.memory},t=${SETTINGS.passes},p=${SETTINGS.lanes}$`;
/** What one hash takes a core, in seconds: good enough for telling when to come again. */
const SECONDS_A_HASH = 0.02;

export type PasswordTask = { readonly password: string; readonly hash?: string };
export const argon2Settings = { algorithm: 2, version: 1, memoryCost: SETTINGS.memory, timeCost: SETTINGS.passes, parallelism: SETTINGS.lanes } as const;

/** More passwords wait to be hashed than can be in a reasonable time: answer 503 or 429 with Retry-After. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded';
  constructor(readonly retryAfterSeconds: number) {
    super('too many passwords are being checked');
  }
}

/**
 * Hashes and verifies passwords with argon2id (RFC 9106), in PHC string format. Passwords are brought to NFC first, and never cut.
 * A class only to be a token for injection: {@link createPasswordHasher} makes one.
 */
export abstract class PasswordHasher {
  /** @throws {Overloaded} where too many wait */
  abstract hash(password: string): Promise<string>;
  /**
   * Whether the password is the hash's. `null` (nobody has that address) costs the same work and is never right.
   * @throws {Overloaded} where too many wait. @throws {Error} where the hash is malformed
   */
  abstract verify(hash: string | null, password: string): Promise<boolean>;
  /** Whether the hash was made with other settings than today's: hash the password anew at the next sign-in. */
  abstract needsRehash(hash: string): boolean;
  /** Ends the threads; what is under way is rejected. */
  abstract close(): Promise<void>;
}

/**
 * A hasher with threads of its own. Neither the event loop nor the thread pool that Node uses for files and DNS ever waits for a hash,
 * and on Linux the threads yield to whatever else wants the processor. They start with the first password.
 * @param options.concurrency threads, each with 19 MiB while it works; default: as many as processors
 * @param options.queueLimit how many may wait before {@link Overloaded}; default: about two seconds' worth
 */
export function createPasswordHasher(options: { readonly concurrency?: number; readonly queueLimit?: number } = {}): PasswordHasher {
  const concurrency = options.concurrency ?? availableParallelism();
  return new Argon2Hasher(concurrency, options.queueLimit ?? 100 * concurrency);
}

class Argon2Hasher extends PasswordHasher {
  readonly #pool: TaskPool<PasswordTask, string | boolean>;
  /** A hash of nothing: verifying against it is the same work. */
  readonly #dummy = `${PREFIX}${base64(randomBytes(16))}$${base64(randomBytes(32))}`;

  constructor(concurrency: number, queueLimit: number) {
    super();
    this.#pool = new TaskPool({
      worker: join(__dirname, 'password-hash.worker'),
      concurrency,
      queueLimit,
      overloaded: () => new Overloaded(Math.max(1, Math.ceil((queueLimit / concurrency) * SECONDS_A_HASH))),
    });
  }

  async hash(password: string): Promise<string> {
    return (await this.#pool.run({ password: password.normalize('NFC') })) as string;
  }

  async verify(hash: string | null, password: string): Promise<boolean> {
    const right = (await this.#pool.run({ password: password.normalize('NFC'), hash: hash ?? this.#dummy })) as boolean;
    return right && hash !== null;
  }

  needsRehash(hash: string): boolean {
    return !hash.startsWith(PREFIX);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
