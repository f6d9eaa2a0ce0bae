import { homedir } from 'node:os';
import { join } from 'node:path';
import { createAccessTokens, parseMasterKey, readOrMakeMasterKeyFile } from '@rolebook/crypto';
import { openSqliteKeyStore } from '@rolebook/crypto/sqlite';
import { systemClock } from '@rolebook/kernel';
import { businessOf, hasLiveSession, liveSessionId, seed, SEED_VERSION, userId, type SeedBusiness } from './index';

/** Good for as long as a run of all rows may take. */
const TOKEN_SECONDS = 4 * 3600;

/** A data folder with a history, and tokens for the people in it. */
export class Seeded {
  private constructor(readonly data: string, readonly large: SeedBusiness, readonly small: SeedBusiness, private readonly sign: (business: SeedBusiness, n: number) => string) {}

  /** Seeds a folder with so many users in one business and a thousand in another, unless that was done before. */
  static async open(users: number, histories: SeedBusiness['histories'], say: (message: string) => void): Promise<Seeded> {
    const data = join(cacheFolder(), `users-${users}-${histories}-v${SEED_VERSION}`);
    const [large, small] = [businessOf('bench-large', users, histories), businessOf('bench-small', Math.min(1_000, users))];
    await seed(data, [small, large], say);
    const keys = await openSqliteKeyStore({ file: join(data, 'keys.db') });
    const { ROLEBOOK_MASTER_KEY: given } = process.env;
    const masterKey = given === undefined ? readOrMakeMasterKeyFile(join(data, 'master.key')).masterKey : parseMasterKey(given);
    const tokens = await createAccessTokens({ store: keys, masterKey, clock: systemClock, issuer: 'urn:rolebook', audience: 'urn:rolebook:api', lifetimeSeconds: TOKEN_SECONDS });
    await keys.close();
    return new Seeded(data, large, small, (business, n) =>
      tokens.sign({ businessId: business.id, userId: userId(business, n), sessionId: liveSessionId(business, n), kind: 'access' }).token);
  }

  /** An access token of the n-th user's live session. */
  token(business: SeedBusiness, n: number): string {
    if (!hasLiveSession(n)) throw new RangeError(`user ${n} has no live session`);
    return this.sign(business, n);
  }

  /** Access tokens of that many people, the owner first. */
  tokens(business: SeedBusiness, count: number): string[] {
    return Array.from({ length: Math.min(count, Math.floor(business.users / 10)) }, (_, n) => this.token(business, n * 10));
  }
}

export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rolebook-bench');
}
