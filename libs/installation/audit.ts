import {
  accessProfiles, auditHeads, auditLog, auditTiles, userHistory,
  type AccessProfile, type AuditDocument, type AuditHeadDocument, type TileDocument, type UserVersion,
} from '@rolebook/audit/read';
import { createCheckpointSigner, type CheckpointSigner } from '@rolebook/crypto';
import type { Collection } from '@rolebook/document-store';
import type { Stores } from './stores';

/** What the audit stands on. */
export interface AuditParts {
  readonly log: Collection<AuditDocument>;
  readonly heads: Collection<AuditHeadDocument>;
  readonly tiles: Collection<TileDocument>;
  readonly versions: Collection<UserVersion>;
  readonly profiles: Collection<AccessProfile>;
  readonly signer: CheckpointSigner;
}

/** @throws {MasterKeyError} where the signing key is wrapped by another master key */
export async function openAudit({ documents, keys, masterKey }: Stores): Promise<AuditParts> {
  return {
    log: await documents.open<AuditDocument>(auditLog),
    heads: await documents.open<AuditHeadDocument>(auditHeads),
    tiles: await documents.open<TileDocument>(auditTiles),
    versions: await documents.open<UserVersion>(userHistory),
    profiles: await documents.open<AccessProfile>(accessProfiles),
    signer: await createCheckpointSigner({ store: keys, masterKey }),
  };
}
