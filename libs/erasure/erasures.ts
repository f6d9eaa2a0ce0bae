import type { SubjectKeys } from '@rolebook/crypto';

/** Somebody whose erasure stands in the log. */
export interface Erased {
  readonly businessId: string;
  readonly userId: string;
  /** When: RFC 3339. */
  readonly at: string;
  /** Position of the event. */
  readonly position: number;
}

/** Removes what is kept of a person in one place beside the log. Again: no change. Rejects where it could not, to be called again. */
export type Purge = (erased: Erased) => Promise<void>;

/** How many erasures are remembered as carried out, so that the command and the follower do not both do all of it. */
const REMEMBERED = 1_000;

/**
 * Carries out what the log says of an erasure: destroys the person's key, after which nothing sealed in any event can be read
 * by anybody, and removes what is kept in plain beside the log. The event is first, so that a crash in between is healed by whoever reads it.
 */
export class Erasures {
  private readonly done = new Map<string, Promise<void>>();

  /** @param forget drops what memory holds of the person, such as folded states @param purges in this order */
  constructor(private readonly keys: Pick<SubjectKeys, 'destroy'>, private readonly forget: (erased: Erased) => void, private readonly purges: readonly Purge[]) {}

  /** Rejects where something is left, to be called again. The key is destroyed first, whatever else fails. */
  carryOut(erased: Erased): Promise<void> {
    let work = this.done.get(erased.userId);
    if (!work) {
      work = this.work(erased);
      this.done.set(erased.userId, work);
      work.catch(() => this.done.delete(erased.userId));
      for (const oldest of this.done.keys()) if (this.done.size > REMEMBERED) this.done.delete(oldest);
    }
    return work;
  }

  private async work(erased: Erased): Promise<void> {
    await this.keys.destroy(erased.userId, erased.at);
    this.forget(erased);
    for (const purge of this.purges) await purge(erased);
  }
}
