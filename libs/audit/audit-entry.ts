import type { AuditChange } from '@rolebook/kernel';

/** One event as people read it in the audit log: the shape of the API. No passwords, secrets, tokens or codes. */
export interface AuditEntry {
  /** Id of the event. */
  readonly id: string;
  /** Place in the log, in commit order; gaps are possible. */
  readonly position: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
  /** Such as `user.role-changed`. */
  readonly action: string;
  readonly actor: { readonly type: 'user' | 'system' | 'anonymous'; readonly id: string | null; readonly displayName: string | null };
  /** Whom it is about. */
  readonly user: { readonly id: string; readonly displayName: string | null } | null;
  readonly changes: readonly AuditChange[];
  readonly reason: string | null;
  readonly context: { readonly ip: string | null; readonly device: string | null; readonly sessionId: string | null; readonly requestId: string | null };
}
