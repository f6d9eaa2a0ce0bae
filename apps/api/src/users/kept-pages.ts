import { LRUCache } from 'lru-cache';

/** Bytes, of all pages together. */
const MOST = 16 * 1024 * 1024;
/** What nobody asks for does not stay, as with people who have been erased since. */
const FORGOTTEN_AFTER_MS = 60_000;

interface Kept {
  readonly page: Buffer;
  readonly from: number;
  readonly until: number;
}

/**
 * Pages of lists as they were sent, given again only where nothing they were made of has changed: the store's own word for its state is
 * the same as before the page was read, and the moment has not come at which it would read differently by itself. Bounded.
 */
export class KeptPages {
  private readonly pages = new LRUCache<string, Kept>({ maxSize: MOST, sizeCalculation: ({ page }, key) => page.length + key.length });
  /** Of all pages that are kept. */
  private version: string | null = null;
  private forgetting: NodeJS.Timeout | null = null;

  /** @param version of the store, now; `null`: it cannot tell, and nothing is given. @param now milliseconds since the epoch */
  find(key: string, version: string | null, now: number): Buffer | undefined {
    if (version === null || version !== this.version) return undefined;
    const kept = this.pages.get(key);
    return kept && now >= kept.from && now < kept.until ? kept.page : undefined;
  }

  /** @param version of the store, before the page was read. @param from when it was read, @param until when it reads differently by itself, in milliseconds since the epoch */
  keep(key: string, version: string | null, { page, from, until }: Kept): void {
    if (version === null || until <= from) return;
    if (version !== this.version) this.pages.clear();
    this.version = version;
    this.pages.set(key, { page, from, until });
    this.forgetting ??= setTimeout(() => this.forget(), FORGOTTEN_AFTER_MS).unref();
  }

  private forget(): void {
    this.pages.clear();
    this.forgetting = null;
  }
}
