/** What can be known of what happened. */
export type { AuditEntry } from './audit-entry';
export { CheckpointFiles } from './checkpoints/checkpoint-files';
export { CheckpointPublisher, webhook, type PublishedCheckpoint } from './checkpoints/checkpoint-publisher';
export { AuditReadModel, auditHeads, auditLog, auditTiles, UNKNOWN_ACTION, type AuditDocument, type AuditHeadDocument } from './projections/audit-log';
export { type TileDocument } from './projections/merkle-tiles';
export { AuditEntries, type NamesOf } from './queries/audit-entries';
export { AuditFeed } from './queries/audit-feed';
export { AuditExport, CHECKPOINT_NOTE_SIGNER, filterFields, filterQuery } from './queries/audit-export';
export { AUDIT_ACTIONS, AUDIT_LOG, AuditQueries, EVERYTHING, type AuditFilter, type AuditPage, type Place } from './queries/audit.queries';
export { AUDIT_HEADS, AUDIT_TILES, TreeQueries } from './queries/tree.queries';
export { accessProfiles, levelIn, userHistory, UserHistoryReadModel, type AccessProfile, type UserVersion } from './projections/user-history';
export { ACCESS_PROFILES, AccessQueries, type AccessAsked, type AccessGrant, type AccessPage } from './queries/access.queries';
export { PastFacts } from './queries/past-facts';
export { UserHistories, type HistoryEntry } from './queries/user-histories.queries';
export { UsersAt } from './queries/users-at.queries';
export { Versions } from './queries/versions';
