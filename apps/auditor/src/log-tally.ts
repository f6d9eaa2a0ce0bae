import { CompactRange, eventLeafHash, toBase64 } from '@rolebook/audit/proof';
import type { EventStore, LoggedEvent } from '@rolebook/event-store';
import { createHash, type Hash } from 'node:crypto';

/** What a log holds, whatever engine keeps it: two logs of one tally have the same events in the same order. */
export interface LogTally {
  readonly events: number;
  readonly streams: number;
  /** SHA-256 over the leaf hashes of all events, in the order of the log. Positions are left out: another engine counts otherwise. */
  readonly hash: string;
  /** Each business's history: its size, and the root of its Merkle tree, the very one that checkpoints are signed over. */
  readonly businesses: readonly { readonly businessId: string; readonly size: number; readonly rootHash: string }[];
}

const PAGE = 5_000;

/** Counts a log event by event. */
export class LogCounter {
  private events = 0;
  private streams = 0;
  private readonly hash: Hash = createHash('sha256');
  private readonly trees = new Map<string, CompactRange>();

  add(event: LoggedEvent): void {
    const leaf = eventLeafHash(event);
    this.events++;
    if (event.revision === 0) this.streams++;
    this.hash.update(leaf);
    const businessId = businessOf(event);
    const tree = this.trees.get(businessId) ?? CompactRange.empty();
    tree.append(leaf);
    this.trees.set(businessId, tree);
  }

  tally(): LogTally {
    return {
      events: this.events, streams: this.streams, hash: this.hash.copy().digest('hex'),
      businesses: [...this.trees].map(([businessId, tree]) => ({ businessId, size: tree.size, rootHash: toBase64(tree.root()) })).sort((a, b) => (a.businessId < b.businessId ? -1 : 1)),
    };
  }
}

/** All events of a log up to its head as it is now, page by page. */
export async function* pagesOf(events: Pick<EventStore, 'readAll' | 'head'>, after = 0): AsyncGenerator<readonly LoggedEvent[], void, void> {
  const head = await events.head();
  for (let from = after; from < head;) {
    const page = (await events.readAll({ after: from, limit: PAGE })).filter(({ position }) => position <= head);
    const last = page.at(-1);
    if (!last) return;
    yield page;
    from = last.position;
  }
}

/** @param onProgress is told how many events are counted */
export async function tallyOf(events: Pick<EventStore, 'readAll' | 'head'>, onProgress: (done: number) => void = () => undefined): Promise<LogTally> {
  const counter = new LogCounter();
  let done = 0;
  for await (const page of pagesOf(events)) {
    for (const event of page) counter.add(event);
    onProgress((done += page.length));
  }
  return counter.tally();
}

/** What differs between two logs, in words; nothing where they are alike. */
export function differences(wanted: LogTally, found: LogTally): string[] {
  const problems: string[] = [];
  if (wanted.events !== found.events) problems.push(`${found.events} events instead of ${wanted.events}`);
  if (wanted.streams !== found.streams) problems.push(`${found.streams} streams instead of ${wanted.streams}`);
  const theirs = new Map(found.businesses.map((business) => [business.businessId, business]));
  for (const { businessId, size, rootHash } of wanted.businesses) {
    const business = theirs.get(businessId);
    if (!business) problems.push(`the history of business ${businessId} is missing`);
    else if (business.size !== size || business.rootHash !== rootHash) problems.push(`the history of business ${businessId} is another: ${business.size} entries with root ${business.rootHash} instead of ${size} with ${rootHash}`);
  }
  if (problems.length === 0 && wanted.hash !== found.hash) problems.push('the events stand in another order');
  return problems;
}

/** As the audit log's read model reads it. */
function businessOf({ metadata }: LoggedEvent): string {
  try {
    const { businessId } = JSON.parse(metadata) as { businessId?: unknown };
    return typeof businessId === 'string' ? businessId : '';
  } catch {
    return '';
  }
}
