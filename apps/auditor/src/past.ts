import { businesses, type BusinessDocument } from '@rolebook/businesses/read';
import { UnreadableEvent } from '@rolebook/event-sourcing';
import type { LoggedEvent } from '@rolebook/event-store';
import type { Foundation } from '@rolebook/installation';
import type { Recorded } from '@rolebook/kernel';
import { userDirectory, type UserDocument } from '@rolebook/users/read';
import { Progress } from './progress';
import type { Terminal } from './terminal';

/** Everything as it was at a moment, by its id. */
export interface Past {
  readonly businesses: ReadonlyMap<string, BusinessDocument>;
  readonly users: ReadonlyMap<string, UserDocument>;
  /** Events that this version cannot read, and which therefore do not count. */
  readonly unreadable: number;
}

const PAGE = 2_000;
const OF_BUSINESSES: ReadonlySet<string> = new Set(businesses.handles);
const OF_USERS: ReadonlySet<string> = new Set(userDirectory.handles);

/**
 * Folds the log itself, event by event, up to a moment: no read model is asked, so that what it says can be held against them.
 * @param until RFC 3339; `null` is the end of the log
 */
export async function replayLog({ stores, codec }: Foundation, until: string | null, terminal: Terminal): Promise<Past> {
  const past = { businesses: new Map<string, BusinessDocument>(), users: new Map<string, UserDocument>(), unreadable: 0 };
  const progress = new Progress(terminal, 'events replayed');
  const head = await stores.events.head();
  let count = 0;
  try {
    for (let after = 0; ;) {
      const page = await stores.events.readAll({ after, limit: PAGE });
      const counting = until === null ? page : page.filter(({ recordedAt }) => recordedAt <= until);
      await fold(past, codec, counting.filter(({ type }) => OF_BUSINESSES.has(type) || OF_USERS.has(type)));
      const last = counting.at(-1);
      if (!last || counting.length < page.length) return past;
      after = last.position;
      count += counting.length;
      progress.report(count, after / head);
    }
  } finally {
    progress.end();
  }
}

type Folding = { readonly businesses: Map<string, BusinessDocument>; readonly users: Map<string, UserDocument>; unreadable: number };

async function fold(past: Folding, codec: Foundation['codec'], events: readonly LoggedEvent[]): Promise<void> {
  for (const recorded of await codec.decodeEach(events)) {
    if (recorded instanceof UnreadableEvent) past.unreadable++;
    else if (OF_BUSINESSES.has(recorded.event.type)) apply(past.businesses, businesses, recorded);
    else apply(past.users, userDirectory, recorded);
  }
}

function apply<Doc>(documents: Map<string, Doc>, projection: { keys(recorded: Recorded<never>): readonly string[]; evolve(document: Doc | null, recorded: Recorded<never>, id: string): Doc | null }, recorded: Recorded): void {
  for (const id of projection.keys(recorded as Recorded<never>)) {
    const document = projection.evolve(documents.get(id) ?? null, recorded as Recorded<never>, id);
    if (document === null) documents.delete(id);
    else documents.set(id, document);
  }
}
