import type { Provider } from '@nestjs/common';
import { noteSigner } from '@rolebook/audit/proof';
import {
  ACCESS_PROFILES, AccessQueries, AUDIT_ACTIONS, AUDIT_HEADS, AUDIT_LOG, AUDIT_TILES, AuditEntries, AuditExport, AuditFeed, AuditQueries, CHECKPOINT_NOTE_SIGNER,
  PastFacts, TreeQueries, UserHistories, UsersAt, Versions,
} from '@rolebook/audit/read';
import { auditWriteProviders, REVIEWS } from '@rolebook/audit/write';
import { CheckpointSigner } from '@rolebook/crypto';
import type { Installation } from '@rolebook/installation';
import { UserQueries } from '@rolebook/users/read';
import { AccessController } from './access.controller';
import { AuditProofsController } from './audit-proofs.controller';
import { AuditStreamController } from './audit-stream.controller';
import { AuditStreams } from './audit-streams';
import { ACTIONS } from './audit.answers';
import { AuditController } from './audit.controller';
import { UserHistoryController } from './user-history.controller';
import { WellKnownController } from './well-known.controller';

export const AUDIT_CONTROLLERS = [AccessController, AuditController, AuditProofsController, AuditStreamController, UserHistoryController, WellKnownController];

/** What the audit's controllers stand on. */
export function auditProviders({ audit, events, codec, operational, progress }: Installation): Provider[] {
  return [
    { provide: AUDIT_ACTIONS, useValue: ACTIONS },
    { provide: AUDIT_LOG, useValue: audit.log }, { provide: AUDIT_HEADS, useValue: audit.heads }, { provide: AUDIT_TILES, useValue: audit.tiles },
    { provide: REVIEWS, useValue: operational },
    { provide: CheckpointSigner, useValue: audit.signer }, { provide: CHECKPOINT_NOTE_SIGNER, useValue: noteSigner(audit.signer) },
    { provide: AuditEntries, inject: [UserQueries], useFactory: (users: UserQueries) => new AuditEntries(events, codec, (businessId, ids) => users.names(businessId, ids)) },
    { provide: AuditFeed, inject: [AuditQueries, TreeQueries], useFactory: (queries: AuditQueries, trees: TreeQueries) => new AuditFeed(queries, trees, progress, [...AuditQueries.readModels, ...UserQueries.readModels]) },
    { provide: Versions, useValue: new Versions(audit.versions) }, { provide: ACCESS_PROFILES, useValue: audit.profiles },
    { provide: PastFacts, inject: [AuditQueries], useFactory: (queries: AuditQueries) => new PastFacts(queries, events, codec) },
    AccessQueries, UserHistories, UsersAt,
    AuditQueries, TreeQueries, AuditExport, AuditStreams, ...auditWriteProviders,
  ];
}
