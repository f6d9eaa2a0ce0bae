import { Dependents } from '@rolebook/kernel';
import { LRUCache } from 'lru-cache';
import { UserQueries } from './user.queries';

/** How far the read models have come. */
interface Progress { positionOf(readModels: readonly string[]): number }

interface Entry {
  readonly businessId: string;
  readonly text: string;
  /** Ids of everybody who is in it: the user, and those who gave a permission. */
  readonly involved: readonly string[];
}

/** What has happened to users, as the log tells of it. */
interface Happened { readonly stream: string; readonly position: number }

const OF_A_USER = 'user-';
const ID_LENGTH = 36;

/**
 * Why users may do what they may, as the JSON text of the answer: in memory, so that a request needs no I/O and no serialising.
 * Dropped by the next event of anybody who is in it, since names change and people are erased. A text is kept only if what it was made of
 * showed all that had been told of by then, and given only to whoever needs to see no more than what has been told of. Bounded.
 */
export class PermissionTexts {
  private readonly entries: LRUCache<string, Entry>;
  /** Whose texts somebody is in. */
  private readonly texts = new Dependents();
  /** Position up to which the log has told; -1 while it does not. */
  private told = -1;
  /** Position of the newest event of any user that was told of. */
  private newest = 0;

  constructor(private readonly users: Pick<UserQueries, 'explained'>, private readonly progress: Progress, options: { readonly max?: number } = {}) {
    this.entries = new LRUCache({ max: options.max ?? 20_000, dispose: (entry, userId) => this.unlink(entry, userId) });
  }

  /** The text, if it is in memory. @param needed position that it must show */
  peek(businessId: string, userId: string, needed: number): string | undefined {
    if (this.told < needed) return undefined;
    const entry = this.entries.get(userId);
    return entry?.businessId === businessId ? entry.text : undefined;
  }

  /** The text, from the read model; `null` where there is no such user. */
  async load(businessId: string, userId: string): Promise<string | null> {
    const shown = this.progress.positionOf(UserQueries.readModels);
    const found = await this.users.explained(businessId, userId);
    if (!found) return null;
    const text = JSON.stringify(found.explanation);
    if (this.told >= 0 && shown >= this.newest) this.remember(userId, { businessId, text, involved: [userId, ...found.involved] });
    return text;
  }

  /** To be told of all events after `position`, in order, from now on. */
  follow(position: number): void {
    this.entries.clear();
    this.told = position;
    this.newest = Math.max(this.newest, position);
  }

  delivered(events: readonly Happened[]): void {
    for (const { stream, position } of events) {
      if (stream.startsWith(OF_A_USER)) {
        this.newest = position;
        for (const userId of this.texts.of(stream.slice(-ID_LENGTH))) this.entries.delete(userId);
      }
      this.told = position;
    }
  }

  /** Nobody tells of events for now: nothing is given from memory until {@link follow}. */
  suspend(): void {
    this.told = -1;
    this.entries.clear();
  }

  private remember(userId: string, entry: Entry): void {
    this.entries.delete(userId);
    for (const id of entry.involved) this.texts.add(id, userId);
    this.entries.set(userId, entry);
  }

  private unlink({ involved }: Entry, userId: string): void {
    for (const id of involved) this.texts.delete(id, userId);
  }
}
