import { LRUCache } from 'lru-cache';

/** Bytes, of all pages together. */
const MOST = 16 * 1024 * 1024;
/** Pages that were asked for last and are remembered as such, twice as many at most. Whoever goes through a long list asks for more than that before asking for one again. */
const ASKED_LATELY = 500;
/** What nobody asks for does not stay, as with people who have been erased since. */
const FORGOTTEN_AFTER_MS = 60_000;

/** A page as it was read. */
export interface ReadPage {
  readonly page: Buffer;
  /** When it was read, in milliseconds since the epoch. */
  readonly from: number;
  /** When it reads differently by itself, in milliseconds since the epoch. */
  readonly until: number;
}

/**
 * Pages of lists as they were sent, given again only where nothing they were made of has changed: the store's own word for its state is
 * the same as before the page was read, and the moment has not come at which it would read differently by itself. Bounded, and kept from the second time on that it is asked for: a page that
 * is asked for once pushes out none that is asked for often.
 */
export class KeptPages {
  private readonly pages = new LRUCache<string, ReadPage>({ maxSize: MOST, sizeCalculation: ({ page }, key) => page.length + key.length });
  /** Keys of pages that were asked for; and those asked for before them. */
  private asked = new Set<string>();
  private askedBefore = new Set<string>();
  /** Of all pages that are kept. */
  private version: string | null = null;
  private forgetting: NodeJS.Timeout | null = null;

  /** @param version of the store, now; `null`: it cannot tell, and nothing is given. @param now milliseconds since the epoch */
  find(key: string, version: string | null, now: number): Buffer | undefined {
    if (version === null || version !== this.version) return undefined;
    const kept = this.pages.get(key);
    return kept && now >= kept.from && now < kept.until ? kept.page : undefined;
  }

  /** @param version of the store, before the page was read @param read its bytes are made only where it is kept */
  keep(key: string, version: string | null, read: Omit<ReadPage, 'page'> & { readonly page: () => Buffer }): void {
    if (version === null || read.until <= read.from) return;
    this.forgetting ??= setTimeout(() => this.forget(), FORGOTTEN_AFTER_MS).unref();
    if (!this.wasAsked(key)) return;
    if (version !== this.version) this.pages.clear();
    this.version = version;
    this.pages.set(key, { ...read, page: read.page() });
  }

  private wasAsked(key: string): boolean {
    if (this.asked.has(key)) return true;
    if (this.asked.size >= ASKED_LATELY) [this.askedBefore, this.asked] = [this.asked, new Set()];
    this.asked.add(key);
    return this.askedBefore.has(key);
  }

  private forget(): void {
    this.pages.clear();
    this.asked.clear();
    this.askedBefore.clear();
    this.forgetting = null;
  }
}
