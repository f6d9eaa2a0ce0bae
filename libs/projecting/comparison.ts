import type { Collection, DocumentWrite } from '@rolebook/document-store';
import { isDeepStrictEqual } from 'node:util';

/** How a collection that is to be replaced stood to the one made anew from the log, at the same position of it: numbers of documents. */
export interface Compared {
  readonly equal: number;
  readonly differed: number;
  /** Of the one made anew, which the old one lacked. */
  readonly missing: number;
  /** Of the old one, which the log does not give. */
  readonly extra: number;
  /** More than could be looked at again were missing or extra, or changed, when they were compared. */
  readonly undecided: number;
  /** Ids of some that were not equal. */
  readonly examples: readonly string[];
}

const PAGE = 1_000;
const EXAMPLES = 10;
/** Documents looked at again while others wait to write: a second's worth. */
const AGAIN = 10_000;

type Write = DocumentWrite | undefined;

/**
 * Compares a collection in use with the one that will take its place. Both go on being written to meanwhile: what one may know of an event
 * that the other does not know yet is decided at the end, when nobody writes and both stand at the same position.
 */
export class Comparison {
  private readonly counts = { equal: 0, differed: 0, missing: 0, extra: 0 };
  private readonly examples: string[] = [];
  private readonly undecided: string[] = [];
  private undecidedMore = 0;

  /** @param ignored fields that change outside of the log */
  constructor(private readonly old: Collection, private readonly anew: Collection, private readonly ignored: readonly string[]) {}

  /** Goes through all documents of both, in the order of their ids. */
  async run(): Promise<void> {
    const [olds, news] = [inOrder(this.old), inOrder(this.anew)];
    let [before, after] = [await next(olds), await next(news)];
    while (before || after) {
      const [a, b]: [Write, Write] = [before && (!after || before.id <= after.id) ? before : undefined, after && (!before || after.id <= before.id) ? after : undefined];
      this.look(a, b);
      if (a) before = await next(olds);
      if (b) after = await next(news);
    }
  }

  /** To be called when nobody writes and both stand at the same position. */
  async end(): Promise<Compared> {
    for (let at = 0; at < this.undecided.length; at += PAGE) {
      const ids = this.undecided.slice(at, at + PAGE);
      const [olds, news] = [await byId(this.old, ids), await byId(this.anew, ids)];
      for (const id of ids) this.decide(olds.get(id), news.get(id));
    }
    return { ...this.counts, undecided: this.undecidedMore, examples: this.examples };
  }

  private look(a: Write, b: Write): void {
    // One that is missing may be removed by an event that the other one does not know yet.
    if (a && b && (a.position === b.position || this.isSame(a, b))) return this.decide(a, b);
    if (this.undecided.length < AGAIN) this.undecided.push((a ?? b)!.id);
    else this.undecidedMore++;
  }

  private decide(a: Write, b: Write): void {
    if (!a && !b) return; // removed meanwhile
    const verdict = !a ? 'missing' : !b ? 'extra' : this.isSame(a, b) ? 'equal' : 'differed';
    this.counts[verdict]++;
    if (verdict !== 'equal' && this.examples.length < EXAMPLES) this.examples.push((a ?? b)!.id);
  }

  private isSame(a: Write, b: Write): boolean {
    return a !== undefined && b !== undefined && isDeepStrictEqual(this.plain(a), this.plain(b));
  }

  private plain({ document }: DocumentWrite): unknown {
    return this.ignored.length === 0 ? document : { ...document, ...Object.fromEntries(this.ignored.map((field) => [field, null])) };
  }
}

async function next(documents: AsyncIterator<DocumentWrite, undefined>): Promise<Write> {
  return (await documents.next()).value;
}

async function* inOrder(collection: Collection): AsyncGenerator<DocumentWrite, undefined> {
  for (let afterId: string | undefined; ;) {
    const page = await collection.scan(afterId === undefined ? { limit: PAGE } : { afterId, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return undefined;
    afterId = last.id;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Those that are there, and not removed. */
async function byId(collection: Collection, ids: readonly string[]): Promise<ReadonlyMap<string, DocumentWrite>> {
  return new Map((await collection.getMany(ids)).flatMap((write) => (write.document === null ? [] : [[write.id, write] as const])));
}
