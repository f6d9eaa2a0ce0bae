import { randomBytes, timingSafeEqual, createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@rolebook/installation';

/** The token that lets somebody set up a business: configured, or made at first start and kept in the data folder. */
export class SetupToken {
  readonly value: string;

  constructor(config: Pick<Config, 'setupToken' | 'data'>) {
    this.value = config.setupToken ?? kept(join(config.data, 'setup-token'));
  }

  /** In constant time. Takes any input. */
  matches(given: unknown): boolean {
    return typeof given === 'string' && timingSafeEqual(digest(given), digest(this.value));
  }
}

function kept(file: string): string {
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
