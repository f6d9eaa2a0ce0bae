import { definitionOf } from '@rolebook/kernel/spec-helpers';
import { auditEvents, type AuditEvent } from './events';

describe('how looking at the audit log, and being refused, read in the audit log', () => {
  it.each<[AuditEvent, object]>([
    [
      { type: 'AccessRefused', data: { operation: 'users.deactivate', targetId: 'anna', reason: 'forbidden' } },
      { action: 'access.refused', user: 'targetId', sealed: {}, changes: [{ field: 'operation', from: null, to: 'users.deactivate' }] },
    ],
    [
      { type: 'AuditLogReviewed', data: { filters: { action: 'user.invited', order: 'asc' } } },
      { action: 'audit.reviewed', user: null, sealed: {}, changes: [{ field: 'filter.action', from: null, to: 'user.invited' }, { field: 'filter.order', from: null, to: 'asc' }] },
    ],
    [
      { type: 'AuditLogExported', data: { format: 'csv', filters: { user: 'anna' } } },
      { action: 'audit.exported', user: null, sealed: {}, changes: [{ field: 'format', from: null, to: 'csv' }, { field: 'filter.user', from: null, to: 'anna' }] },
    ],
  ])('%j', (event, expected) => {
    expect(definitionOf(auditEvents, event)).toEqual(expected);
  });
});
