import type { Document } from '@rolebook/kernel';
import { bulkWrite } from '@rolebook/mongodb';
import type { Collection } from 'mongodb';
import { DocumentStoreUnavailable, type Scalar } from '../port';
import { compareScalars } from '../scalar';
import type { Layout, StoredDocument } from './layout';
import { encodeDocument } from './stored-document';
import { storedText } from './stored-key';

/** Each try means that another writer was quicker for one of the documents; so many in a row mean something else. */
const TRIES = 20;

interface Change {
  readonly id: string;
  readonly set: Readonly<Record<string, Scalar>>;
}

/**
 * Changes fields of documents that are there. A document is text to MongoDB, so it is read, changed and put back unless another
 * write came between (a position and a number of patches name one content); then again with what stands there now.
 * @throws {DocumentStoreUnavailable} where others were quicker each time
 */
export async function patchDocuments(documents: Collection<StoredDocument>, layout: Layout, changes: readonly Change[]): Promise<void> {
  const sets = new Map<string, Record<string, Scalar>>();
  for (const { id, set } of changes) sets.set(storedText(id), { ...sets.get(storedText(id)), ...set });
  for (let tries = 0; tries < TRIES; tries++) {
    const stored = await documents.find({ _id: { $in: [...sets.keys()] }, json: { $exists: true } }, { projection: { json: 1, position: 1, patches: 1 } }).toArray();
    const operations = stored.sort((a, b) => compareScalars(a._id, b._id)).flatMap((old) => {
      const replacement = patched(layout, old, sets.get(old._id) ?? {});
      const filter = { _id: old._id, position: old.position, patches: old.patches ?? { $exists: false } };
      return replacement === null ? [] : [{ replaceOne: { filter, replacement } }];
    });
    const { matched } = await bulkWrite<StoredDocument>(documents, operations);
    if (matched === operations.length) return;
  }
  throw new DocumentStoreUnavailable(`${layout.spec.name}: a document changes too often to be patched`);
}

/** @returns `null` where the document has these values already */
function patched(layout: Layout, { json, position, patches = 0 }: StoredDocument, set: Record<string, Scalar>): StoredDocument | null {
  const before = JSON.parse(json ?? 'null') as Document;
  const document: Document = { ...before, ...set };
  return JSON.stringify(document) === json ? null : { ...encodeDocument(layout, document, position), patches: patches + 1 };
}
