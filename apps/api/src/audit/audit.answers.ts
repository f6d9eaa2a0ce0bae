import { ApiProperty } from '@nestjs/swagger';
import { LEVELS } from '@rolebook/access';
import { UNKNOWN_ACTION } from '@rolebook/audit/read';
import { allEvents } from '@rolebook/installation';
import { anyJson } from '../http/api-docs';
import { PersonRef, UserAnswer } from '../users/users.answers';

/** Every action that an entry of the audit log can have. */
export const ACTIONS: readonly string[] = [
  ...new Set(allEvents.flatMap(({ definitions }) => Object.values<{ readonly action: string }>(definitions).map(({ action }) => action))),
].sort().concat(UNKNOWN_ACTION);

class ActorRef {
  @ApiProperty({ enum: ['user', 'system', 'anonymous'] }) type!: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) id!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The name as it is now; of an erased person `Erased user`.' }) displayName!: string | null;
}

class ChangeAnswer {
  @ApiProperty({ example: 'role' }) field!: string;
  @ApiProperty({ ...anyJson, description: 'The value before.' }) from!: unknown;
  @ApiProperty({ ...anyJson, description: 'The value after.' }) to!: unknown;
}

class EntryContext {
  @ApiProperty({ type: String, nullable: true }) ip!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Chrome on macOS' }) device!: string | null;
  @ApiProperty({ type: String, nullable: true }) sessionId!: string | null;
  @ApiProperty({ type: String, nullable: true }) requestId!: string | null;
}

/** An entry of the audit log: who did what to whom, when, from where. */
export class AuditEntryAnswer {
  @ApiProperty({ format: 'uuid', description: 'Id of the event.' }) id!: string;
  @ApiProperty({ type: 'integer', description: 'Place in the log; grows, with gaps.' }) position!: number;
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ enum: ACTIONS, example: 'user.role-changed' }) action!: string;
  @ApiProperty({ type: ActorRef }) actor!: ActorRef;
  @ApiProperty({ type: PersonRef, nullable: true, description: 'Whom it is about.' }) user!: PersonRef | null;
  @ApiProperty({ type: [ChangeAnswer] }) changes!: ChangeAnswer[];
  @ApiProperty({ type: String, nullable: true }) reason!: string | null;
  @ApiProperty({ type: EntryContext }) context!: EntryContext;
}

export class AuditList {
  @ApiProperty({ type: [AuditEntryAnswer] }) items!: AuditEntryAnswer[];
  @ApiProperty({ type: String, nullable: true }) nextCursor!: string | null;
  @ApiProperty({ type: 'integer', required: false, description: 'With `count=true`.' }) total?: number;
}

const hash = { type: String, format: 'byte', description: 'SHA-256, base64.' };

export class CheckpointAnswer {
  @ApiProperty({ type: 'integer', description: 'Entries in the history.' }) size!: number;
  @ApiProperty({ ...hash, description: 'Root of the Merkle tree (RFC 9162, SHA-256) over the history, base64.' }) rootHash!: string;
  @ApiProperty({ ...hash, description: 'Ed25519 signature, base64; what it is over stands in docs/audit.md.' }) signature!: string;
  @ApiProperty({ example: '5b1f0e7a', description: 'Which key signed: see `GET /.well-known/rolebook-audit-key`.' }) keyId!: string;
  @ApiProperty({ format: 'date-time' }) at!: string;
}

export class InclusionAnswer {
  @ApiProperty({ type: 'integer' }) leafIndex!: number;
  @ApiProperty({ type: 'integer' }) treeSize!: number;
  @ApiProperty(hash) leafHash!: string;
  @ApiProperty({ type: [String], description: 'From the bottom up (RFC 9162, section 2.1.3), base64.' }) path!: string[];
}

export class ConsistencyAnswer {
  @ApiProperty({ type: 'integer' }) from!: number;
  @ApiProperty({ type: 'integer' }) to!: number;
  @ApiProperty({ type: [String], description: 'RFC 9162, section 2.1.4, base64.' }) path!: string[];
}

export class HistoryEntryAnswer extends AuditEntryAnswer {
  @ApiProperty({ type: UserAnswer, nullable: true, description: 'The user as they were after it; `null` before there was one.' }) after!: UserAnswer | null;
}

export class HistoryList {
  @ApiProperty({ type: [HistoryEntryAnswer] }) items!: HistoryEntryAnswer[];
  @ApiProperty({ type: String, nullable: true }) nextCursor!: string | null;
  @ApiProperty({ type: 'integer', required: false, description: 'With `count=true`.' }) total?: number;
}

class AccessGrantAnswer {
  @ApiProperty({ type: PersonRef }) user!: PersonRef;
  @ApiProperty({ enum: LEVELS }) level!: string;
  @ApiProperty({ enum: ['role', 'override'], description: 'Where the level comes from.' }) source!: string;
  @ApiProperty({ format: 'date-time', description: 'Since when the role or the override is what it is.' }) since!: string;
  @ApiProperty({ type: PersonRef, nullable: true, description: 'Who made it so.' }) by!: PersonRef | null;
  @ApiProperty({ format: 'uuid', description: 'The event that made it so.' }) eventId!: string;
}

export class AccessList {
  @ApiProperty({ type: [AccessGrantAnswer] }) items!: AccessGrantAnswer[];
  @ApiProperty({ type: String, nullable: true }) nextCursor!: string | null;
}
