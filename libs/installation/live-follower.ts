import type { AccessTokens, SubjectKeys } from '@rolebook/crypto';
import type { EventStore, LoggedEvent } from '@rolebook/event-store';
import { log } from '@rolebook/log';
import { LogFollower } from '@rolebook/projecting';
import type { LiveAccess } from '@rolebook/sessions/read';
import type { PermissionTexts } from '@rolebook/users/read';

/** How often a node compares what it was told with the head of the log, in milliseconds. */
const LOOK_EVERY_MS = 1_000;
/** How long a node believes its memory after the last proof that it had been told everything, in milliseconds. */
const TRUST_MS = 5_000;
/** How often the keys of access tokens are read anew, so that one retired elsewhere ends here too, in milliseconds. */
const RELOAD_KEYS_MS = 60_000;

export interface LiveFollowing {
  stop(): Promise<void>;
}

interface Parts {
  readonly events: EventStore;
  readonly live: Pick<LiveAccess, 'delivered' | 'suspend' | 'resume' | 'trustUntil'>;
  readonly texts: Pick<PermissionTexts, 'delivered' | 'suspend' | 'follow'>;
  readonly subjectKeys: Pick<SubjectKeys, 'destroy'>;
  readonly accessTokens: Pick<AccessTokens, 'reload'>;
  /** Takes what is folded of an erased person out of memory. */
  readonly forget: (erased: { readonly businessId: string; readonly userId: string }) => void;
  /** Whether other processes append too: only then can this one miss something. */
  readonly manyNodes: boolean;
  readonly lookEveryMs?: number;
  readonly trustMs?: number;
}

/**
 * Tells a node's memory what other nodes append: who is let in, what may be shown, whose keys are destroyed.
 *
 * A subscription can die without a sign, and a node can be cut off from a log that others still reach. So where there are several nodes,
 * each believes its memory on proof only: it asked for the head of the log and was told everything up to there, at most 5 seconds ago.
 * Without that proof each request is answered from the streams or, where the log is away, not at all.
 * @throws {StoreUnavailable} where the log is away
 */
export async function followLive(parts: Parts): Promise<LiveFollowing> {
  const { events, live, texts, accessTokens, manyNodes, lookEveryMs = LOOK_EVERY_MS } = parts;
  const askedAt = performance.now();
  const memory = new TrustedMemory(parts, await events.head());
  // Nothing is remembered yet, so all is known. From here on proof is needed, also where the subscription never says a word.
  if (manyNodes) memory.prove(askedAt);
  const follower = new LogFollower(events, {
    after: () => memory.told,
    onEvents: (batch) => memory.take(batch),
    onLost: (reason) => {
      live.suspend();
      texts.suspend();
      log.error('live access does not follow the log for now', { error: reason.message });
    },
    onFound: () => {
      live.resume();
      memory.found();
    },
  });
  await follower.start();
  const timers = [setInterval(() => void accessTokens.reload().catch(() => undefined), RELOAD_KEYS_MS)]; // the key store's health is seen elsewhere
  if (manyNodes) timers.push(setInterval(() => void memory.look(), lookEveryMs));
  for (const timer of timers) timer.unref();
  return {
    async stop() {
      timers.forEach((timer) => clearInterval(timer));
      await follower.stop();
    },
  };
}

class TrustedMemory {
  /** Position of the last event told of. */
  told: number;
  /** A head of the log that we have not been told of yet, and when it was asked for. */
  private awaited: { readonly head: number; readonly askedAt: number } | null = null;
  private trustedUntil = -Infinity;
  private lapsed = false;
  private looking = false;

  constructor(private readonly parts: Parts, head: number) {
    this.told = head;
    parts.texts.follow(head);
  }

  async take(batch: readonly LoggedEvent[]): Promise<void> {
    const { live, texts, subjectKeys, forget } = this.parts;
    live.delivered(batch);
    texts.delivered(batch);
    for (const { type, stream, recordedAt } of batch) {
      const erased = type === 'UserErased' ? personOf(stream) : null;
      if (erased === null) continue;
      // Whoever erased has done so in the store: this takes the key out of this node's memory. Where the store is away the events come again.
      await subjectKeys.destroy(erased.userId, recordedAt);
      // After the key, so that what was being folded meanwhile is not kept either.
      forget(erased);
    }
    this.told = batch.at(-1)?.position ?? this.told;
    if (this.awaited && this.told >= this.awaited.head) this.prove(this.awaited.askedAt);
  }

  /** Asks for the head of the log; one look at a time, so that a log that answers late is not asked more and more often. */
  async look(): Promise<void> {
    if (!this.lapsed && performance.now() > this.trustedUntil) this.lapse();
    if (this.looking) return;
    this.looking = true;
    try {
      const askedAt = performance.now();
      const head = await this.parts.events.head();
      if (this.told >= head) this.prove(askedAt);
      else this.awaited ??= { head, askedAt };
    } catch {
      // No answer is no proof.
    } finally {
      this.looking = false;
    }
  }

  /** The subscription is taken up again. That alone proves nothing: what was lapsed stays so until there is proof. */
  found(): void {
    if (!this.lapsed) this.parts.texts.follow(this.told);
  }

  /** At that moment this node had been told everything. */
  prove(at: number): void {
    this.awaited = null;
    this.trustedUntil = at + (this.parts.trustMs ?? TRUST_MS);
    this.parts.live.trustUntil(this.trustedUntil);
    if (!this.lapsed || performance.now() > this.trustedUntil) return;
    this.lapsed = false;
    this.parts.texts.follow(this.told);
    log.info('this node hears from the log again and answers from memory');
  }

  private lapse(): void {
    this.lapsed = true;
    this.parts.texts.suspend();
    log.warn('this node has not heard all of the log for a while: every request is answered from the streams');
  }
}

/** The person whose stream this is: `user-<business>-<id>`, both UUIDs. */
function personOf(stream: string): { readonly businessId: string; readonly userId: string } | null {
  const [, businessId, userId] = /^user-(.{36})-(.{36})$/.exec(stream) ?? [];
  return businessId === undefined || userId === undefined ? null : { businessId, userId };
}
