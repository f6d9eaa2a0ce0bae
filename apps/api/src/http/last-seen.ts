import { Inject, Injectable } from '@nestjs/common';
import type { OperationalStore } from '@rolebook/operational-store';
import type { Principal } from '@rolebook/sessions/read';
import { log } from './log';
import { OPERATIONAL_STORE } from '../composition/tokens';

export const LAST_SEEN = 'last-seen';
const FLUSH_MS = 5_000;

/**
 * When people and their sessions were last seen: no event, but operational state. Noted in memory at every request and
 * stored every few seconds; what a crash loses is those seconds.
 */
@Injectable()
export class LastSeen {
  private seen = new Map<string, { readonly principal: Principal; at: number }>();
  private readonly timer: NodeJS.Timeout;

  constructor(@Inject(OPERATIONAL_STORE) private readonly store: OperationalStore) {
    this.timer = setInterval(() => void this.flush(), FLUSH_MS);
    this.timer.unref();
  }

  /** Costs no I/O. */
  note(principal: Principal, now: number): void {
    const entry = this.seen.get(principal.sessionId);
    if (entry) entry.at = now;
    else this.seen.set(principal.sessionId, { principal, at: now });
  }

  /** Stores what was noted since. Keys are `<business>/<user>/<session>`, values milliseconds since the epoch. */
  async flush(): Promise<void> {
    const seen = this.seen;
    if (seen.size === 0) return;
    this.seen = new Map();
    try {
      await this.store.putMany(LAST_SEEN, [...seen.values()].map(({ principal: { businessId, userId, sessionId }, at }) => ({ key: `${businessId}/${userId}/${sessionId}`, value: at, expiresAt: null })));
    } catch (error) {
      log.warn('last seen could not be stored', { error: error instanceof Error ? error.message : String(error) });
    }
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }
}
