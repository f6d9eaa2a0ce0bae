import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InMemoryDocumentStore } from '@rolebook/document-store/in-memory';
import type { Collection, DocumentStore } from '@rolebook/document-store';
import { UnreadableEvent } from '@rolebook/event-sourcing';
import type { LoggedEvent } from '@rolebook/event-store';
import { allReadModels, openFoundation, readConfig, type Foundation } from '@rolebook/installation';
import { systemClock, type CollectionSpec } from '@rolebook/kernel';
import { Projector } from '@rolebook/projecting';

/** Opens a copy of a data folder that no process has open, and looks whether all is as it must be. @returns its events */
export async function expectClean(data: string, env: Readonly<Record<string, string>> = {}): Promise<readonly LoggedEvent[]> {
  const copy = mkdtempSync(join(tmpdir(), 'rolebook-aftermath-'));
  cpSync(data, copy, { recursive: true, dereference: true });
  const foundation = await openFoundation(readConfig({ ROLEBOOK_DATA: copy, ...env }), systemClock);
  try {
    return await expectSound(foundation);
  } finally {
    await foundation.stores.close();
    rmSync(copy, { recursive: true });
  }
}

/** Positions and streams without gaps, no event twice, none that cannot be read, and read models (the Merkle trees among them) as they would be made anew. */
export async function expectSound({ stores, codec }: Pick<Foundation, 'stores' | 'codec'>): Promise<readonly LoggedEvent[]> {
  const events = await stores.events.readAll({ after: 0, limit: Number.MAX_SAFE_INTEGER });
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  const revisions = new Map<string, number>();
  for (const { stream, revision } of events) {
    expect(`${stream} ${revision}`).toBe(`${stream} ${(revisions.get(stream) ?? -1) + 1}`);
    revisions.set(stream, revision);
  }
  expect((await codec.decodeEach(events)).filter((decoded) => decoded instanceof UnreadableEvent)).toEqual([]);

  const problems: string[] = [];
  const rebuilt = new RecordingStore();
  const projector = new Projector({ events: stores.events, codec, documents: rebuilt, readModels: allReadModels(), onProblem: (message, details) => { problems.push(`${message} ${JSON.stringify(details)}`); } });
  await projector.start();
  const complete = await projector.caughtUp(events.at(-1)?.position ?? 0, 30_000);
  await projector.stop();
  expect({ complete, problems }).toEqual({ complete: true, problems: [] });
  for (const spec of rebuilt.specs) {
    expect({ [spec.name]: await contents(stores.documents, spec) }).toEqual({ [spec.name]: await contents(rebuilt, spec) });
  }
  return events;
}

class RecordingStore extends InMemoryDocumentStore {
  readonly specs: CollectionSpec[] = [];
  override open<Doc extends { readonly id: string }>(spec: CollectionSpec): Promise<Collection<Doc>> {
    if (!this.specs.some(({ name }) => name === spec.name)) this.specs.push(spec);
    return super.open<Doc>(spec);
  }
}

/** When people were last seen stands in documents outside of the log's order. */
async function contents(store: DocumentStore, spec: CollectionSpec): Promise<Record<string, object>> {
  const documents = await (await store.open<{ readonly id: string }>(spec)).scan({ limit: 100_000 });
  return Object.fromEntries(documents.flatMap(({ id, document }) => (document ? [[id, { ...document, lastSeenAt: null }]] : [])));
}
