import type { DomainEvent, EventDefinitions } from '@rolebook/kernel';

/** Somebody asked for what they may not do. `operation` is the API's name for it. */
export type AccessRefused = DomainEvent<'AccessRefused', { operation: string; targetId: string | null; reason: string }>;
/** Somebody read the audit log: a review (not every page turn), or an export. */
export type AuditLogReviewed = DomainEvent<'AuditLogReviewed', { filters: Readonly<Record<string, string>> }>;
export type AuditLogExported = DomainEvent<'AuditLogExported', { format: 'ndjson' | 'csv'; filters: Readonly<Record<string, string>> }>;

/** What happens in the streams `refusals-<business>` and `reviews-<business>`. */
export type AuditEvent = AccessRefused | AuditLogReviewed | AuditLogExported;

const filters = (d: { readonly filters: Readonly<Record<string, string>> }) => Object.entries(d.filters).map(([field, to]) => ({ field: `filter.${field}`, from: null, to }));

export const auditEvents: EventDefinitions<AuditEvent> = {
  AccessRefused: { action: 'access.refused', user: 'targetId', sealed: {}, changes: (d) => [{ field: 'operation', from: null, to: d.operation }] },
  AuditLogReviewed: { action: 'audit.reviewed', user: null, sealed: {}, changes: filters },
  AuditLogExported: { action: 'audit.exported', user: null, sealed: {}, changes: (d) => [{ field: 'format', from: null, to: d.format }, ...filters(d)] },
};
