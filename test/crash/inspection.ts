import { InMemoryDocumentStore } from '@rolebook/document-store/in-memory';
import type { Collection, DocumentStore } from '@rolebook/document-store';
import { UnreadableEvent } from '@rolebook/event-sourcing';
import { allReadModels, openFoundation, readConfig, type Foundation } from '@rolebook/installation';
import { systemClock, type CollectionSpec, type Document, type Recorded } from '@rolebook/kernel';
import { Projector } from '@rolebook/projecting';
import { cpSync, rmSync } from 'node:fs';
import type { Fact } from './compare';

const PATIENCE_MS = 60_000;
/** Not from the log: when somebody was last there. */
const BESIDE_THE_LOG: ReadonlySet<string> = new Set(['lastSeenAt']);

/** Looks at a copy of what a service has left behind; the service must have ended. */
export async function inspect<T>(data: string, work: (inspection: Inspection) => Promise<T>): Promise<T> {
  const copy = `${data}-copy`;
  cpSync(data, copy, { recursive: true, filter: (source) => !source.endsWith('outbox') });
  try {
    const foundation = await openFoundation(readConfig({ ROLEBOOK_DATA: copy }), systemClock);
    try {
      return await work(new Inspection(foundation));
    } finally {
      await foundation.stores.close();
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** What is stored in a data folder. */
export class Inspection {
  constructor(private readonly foundation: Foundation) {}

  /** The whole log, as facts. */
  async log(): Promise<Fact[]> {
    const { stores: { events }, codec } = this.foundation;
    const stored = await events.readAll({ after: 0, limit: Number.MAX_SAFE_INTEGER });
    const decoded = await codec.decodeEach(stored);
    return stored.map((event, n) => {
      const recorded = decoded[n];
      if (!recorded || recorded instanceof UnreadableEvent) throw new Error(`event ${event.id} at ${event.position} cannot be read`);
      const { id, stream, revision, position } = event;
      return { id, stream, revision, position, ...markOf(recorded) };
    });
  }

  /** Where the read models, brought to the end of the log as the service would, differ from those made anew from it. */
  async differences(): Promise<string[]> {
    const [found, anew] = [new Opened(this.foundation.stores.documents), new Opened(new InMemoryDocumentStore())];
    const problems = [...await this.project(found.store), ...await this.project(anew.store)];
    for (const [name, collection] of anew.collections) problems.push(...differing(name, await contents(found.collections.get(name)), await contents(collection)));
    return problems;
  }

  private async project(documents: DocumentStore): Promise<string[]> {
    const problems: string[] = [];
    const { stores: { events }, codec } = this.foundation;
    const projector = new Projector({ events, codec, documents, readModels: allReadModels(), onProblem: (message, details) => problems.push(`${message}: ${JSON.stringify(details)}`) });
    await projector.start();
    if (!(await projector.caughtUp(await events.head(), PATIENCE_MS))) problems.push('the read models do not come to the end of the log');
    await projector.stop();
    return problems;
  }
}

/** @returns what differs, a sentence each */
export function differing(name: string, found: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): string[] {
  const ids = [...new Set([...found.keys(), ...expected.keys()])].filter((id) => found.get(id) !== expected.get(id));
  return ids.map((id) => `${name}: ${id} is ${found.get(id) ?? 'missing'}, and made anew it is ${expected.get(id) ?? 'missing'}`);
}

/** A store that remembers what was opened: a collection is opened with its indexes or not at all. */
class Opened {
  readonly collections = new Map<string, Collection>();
  readonly store: DocumentStore;

  constructor(store: DocumentStore) {
    const open = async <Doc extends Document>(spec: CollectionSpec): Promise<Collection<Doc>> => {
      const collection = await store.open<Doc>(spec);
      this.collections.set(spec.name, collection);
      return collection;
    };
    this.store = new Proxy(store, {
      get(target, name: keyof DocumentStore) {
        const value: unknown = name === 'open' ? open : target[name];
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }
}

async function contents(collection: Collection | undefined): Promise<Map<string, string>> {
  const found = await collection?.scan({ limit: 1_000_000 }) ?? [];
  return new Map(found.flatMap(({ id, document }) => (document === null ? [] : [[id, JSON.stringify(sorted(document))] as const])));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !BESIDE_THE_LOG.has(key)).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}

/** What clients recognise their requests by. */
function markOf({ event: { type, data } }: Recorded): Pick<Fact, 'type' | 'userId' | 'text'> {
  const fields = data as { readonly userId?: string; readonly email?: string; readonly displayName?: string; readonly reason?: string | null; readonly to?: unknown };
  const userId = fields.userId ?? null;
  switch (type) {
    case 'UserInvited': return { type, userId, text: fields.email ?? '' };
    case 'InvitationAccepted': return { type, userId, text: fields.displayName ?? '' };
    case 'ProfileEdited': return { type, userId, text: (fields.to as { displayName?: string }).displayName ?? '' };
    case 'PermissionOverrideRemoved': return { type: 'PermissionOverridden', userId, text: fields.reason ?? '' };
    case 'RoleChanged': case 'PermissionOverridden': case 'UserDeactivated': case 'UserReactivated': return { type, userId, text: fields.reason ?? '' };
    default: return { type, userId, text: '' };
  }
}
