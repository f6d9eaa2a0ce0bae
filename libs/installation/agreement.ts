import { auditHeads, auditLog, auditTiles, TreeQueries, type AuditDocument, type AuditHeadDocument, type TileDocument } from '@rolebook/audit/read';
import { eventLeafHash } from '@rolebook/audit/proof';
import type { LoggedEvent } from '@rolebook/event-store';
import type { Foundation } from './foundation';
import { allReadModels } from './read-models';

/** Events at the end of an embedded log that are compared with what else knows of them: some ten milliseconds. */
const TAIL = 1_000;
/** Businesses whose last event is looked at, where the log is on a server. */
const BUSINESSES = 500;

/** The log, the keys and the read models do not belong together. The message is a sentence that says what to do. */
export class StoresDisagree extends Error {
  override readonly name = 'StoresDisagree';
}

/**
 * Looks before the start whether log, keys and read models belong together, as they do not where one alone was restored, cut off or damaged.
 * To go on all the same would lose data in silence: read models would pass over new events, and people would get new keys that open nothing of theirs.
 *
 * An embedded log is compared event by event at its end, with its own indexes and with the Merkle tree; EventStoreDB keeps checksums of its own.
 * What lies further back is for `auditor verify` and `auditor backup verify`.
 * @throws {StoresDisagree} before anything is written
 */
export async function checkAgreement(foundation: Pick<Foundation, 'config' | 'stores' | 'codec'>): Promise<void> {
  const head = await checkCheckpoints(foundation);
  const embedded = foundation.config.eventStoreUrl === null;
  const last = embedded ? await foundation.stores.events.readAll({ after: Math.max(0, head - TAIL), limit: TAIL }) : await lastOfBusinesses(foundation);
  if (embedded) await checkTail(foundation, last, head);
  await checkKeys(foundation, last);
}

/** @returns the head of the log */
async function checkCheckpoints({ stores: { documents, events } }: Pick<Foundation, 'stores'>): Promise<number> {
  const checkpoints = await Promise.all(allReadModels().map(async ({ name, checkpointIn }) => ({ name, seen: await (await documents.open(checkpointIn)).checkpoint() })));
  const head = await events.head(); // asked for last: another process may append and project meanwhile
  for (const { name, seen } of checkpoints) {
    if (seen <= head) continue;
    throw new StoresDisagree(`The event log ends at position ${head}, but the read model ${name} has seen position ${seen}: the end of the log is missing. `
      + 'Restore the log from a backup that has it. Where there is none and those events are lost for good, remove the read models and start again: they are made anew from what is left.');
  }
  return head;
}

/** Against the log's own index by stream, and against the Merkle tree as far as that has come. */
async function checkTail({ stores: { events, documents } }: Pick<Foundation, 'stores'>, last: readonly LoggedEvent[], head: number): Promise<void> {
  const heads = await documents.open<AuditHeadDocument>(auditHeads);
  const trees = new TreeQueries(heads, await documents.open<TileDocument>(auditTiles));
  const entries = new Map((await (await documents.open<AuditDocument>(auditLog)).getMany(last.map(({ id }) => id))).map(({ id, document }) => [id, document]));
  const checkpoint = await heads.checkpoint();
  let position = Math.max(0, head - TAIL);
  for (const event of last) {
    const [again] = await events.readStream(event.stream, { from: event.revision, limit: 1 });
    const entry = entries.get(event.id);
    const proven = event.position > checkpoint || (entry && (await leafOf(trees, entry))?.equals(eventLeafHash(event)) === true);
    if (event.position !== ++position || again?.id !== event.id || !proven) throw damagedAt(position);
  }
  if (position !== head) throw damagedAt(position + 1);
}

async function leafOf(trees: TreeQueries, { businessId, leafIndex }: AuditDocument): Promise<Buffer | null> {
  const leaf = await trees.nodes(businessId).reading((nodes) => nodes.get(0, leafIndex));
  return leaf ? Buffer.from(leaf) : null;
}

function damagedAt(position: number): StoresDisagree {
  return new StoresDisagree(`The event log is not what it was: at position ${position} it disagrees with its own index or with the Merkle tree over it. `
    + 'Restore it from a backup; `npm run auditor -- backup verify` tells whether one is whole. Where the read models are what was damaged, remove them and start again: they are made anew from the log.');
}

async function lastOfBusinesses({ stores: { events, documents } }: Pick<Foundation, 'stores'>): Promise<readonly LoggedEvent[]> {
  const heads = await (await documents.open<AuditHeadDocument>(auditHeads)).find({ where: { exists: true }, limit: BUSINESSES });
  return events.readAt(heads.map(({ position }) => position));
}

async function checkKeys({ codec, stores: { keys } }: Pick<Foundation, 'stores' | 'codec'>, last: readonly LoggedEvent[]): Promise<void> {
  const wanted = codec.sealedFor(last);
  const found = await keys.getMany(wanted);
  const missing = wanted.filter((subject) => !found.has(subject));
  if (missing.length === 0) return;
  throw new StoresDisagree(`The key store is older than the event log: it has no key for ${missing.length} of the ${wanted.length} people and businesses that the last events are sealed for, such as ${missing[0]}. `
    + 'Restore the newest backup of the keys. Where those keys are lost for good, write these people into a ledger and erase them with `npm run auditor -- reapply-erasures`.');
}
