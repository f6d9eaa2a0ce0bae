import { Inject, Injectable } from '@nestjs/common';
import type { Collection } from '@rolebook/document-store';
import { timestamp } from '@rolebook/kernel';
import type { OperationalStore } from '@rolebook/operational-store';
import type { Followers } from '@rolebook/installation';
import type { Principal } from '@rolebook/sessions/read';
import { USER_DIRECTORY, type UserDocument } from '@rolebook/users/read';
import { FOLLOWERS, OPERATIONAL_STORE } from '../composition/tokens';
import { log } from '@rolebook/log';

/** Bucket of the operational store: `<business>/<user>/<session>` to milliseconds since the epoch. */
export const LAST_SEEN = 'last-seen';
const FLUSH_MS = 5_000;
/** A session is stored again at most this often. */
const STORED_EVERY_MS = 60_000;
/** Kept as long as a session may live. */
const KEPT_MS = 31 * 24 * 3600 * 1000;

interface Seen {
  readonly principal: Principal;
  at: number;
  storedAt: number;
}

/**
 * When people and their sessions were last seen: no event, but operational state. Noted in memory at every request,
 * stored and shown in the directory every minute at most; what a crash loses is that minute.
 */
@Injectable()
export class LastSeen {
  private readonly seen = new Map<string, Seen>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    @Inject(OPERATIONAL_STORE) private readonly store: OperationalStore, @Inject(USER_DIRECTORY) private readonly directory: Collection<UserDocument>,
    @Inject(FOLLOWERS) private readonly followers: Followers | null,
  ) {
    this.timer = setInterval(() => void this.flush(), FLUSH_MS);
    this.timer.unref();
  }

  /** Costs no I/O. */
  note(principal: Principal, now: number): void {
    const entry = this.seen.get(principal.sessionId);
    if (entry) entry.at = now;
    else this.seen.set(principal.sessionId, { principal, at: now, storedAt: 0 });
  }

  /** The latest of what is known here, what is stored, and what the read model says. Moments are RFC 3339. */
  async latest(businessId: string, userId: string, sessionId: string, known: string): Promise<string> {
    const noted = this.seen.get(sessionId)?.at ?? 0;
    const stored = (await this.store.get(LAST_SEEN, `${businessId}/${userId}/${sessionId}`))?.value;
    return timestamp(Math.max(Date.parse(known), noted, typeof stored === 'number' ? stored : 0));
  }

  /** Stores what was noted since. @param all also what was stored a moment ago: before the process ends */
  async flush(all = false): Promise<void> {
    const due: Seen[] = [];
    for (const [sessionId, entry] of this.seen) {
      if (entry.at <= entry.storedAt) this.seen.delete(sessionId);
      else if (all || entry.at - entry.storedAt >= STORED_EVERY_MS) due.push(entry);
    }
    if (due.length === 0) return;
    try {
      await this.store.putMany(LAST_SEEN, due.map(({ principal: { businessId, userId, sessionId }, at }) => ({ key: `${businessId}/${userId}/${sessionId}`, value: at, expiresAt: at + KEPT_MS })));
      await this.show(due.map(({ principal, at }) => ({ id: principal.userId, set: { lastSeenAt: timestamp(at) } })));
      for (const entry of due) entry.storedAt = entry.at;
    } catch (error) {
      log.warn('last seen could not be stored', { error: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Between two batches of the projecting loop, where it runs in this process, so that neither overwrites the other. */
  private show(changes: Parameters<Collection<UserDocument>['patch']>[0]): Promise<void> {
    const patch = () => this.directory.patch(changes);
    return this.followers ? this.followers.projector.exclusively(this.directory.spec.name, patch) : patch();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.flush(true);
  }
}
