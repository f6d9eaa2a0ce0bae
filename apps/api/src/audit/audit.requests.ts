import { IntersectionType, PickType } from '@nestjs/swagger';
import type { AuditFilter } from '@rolebook/audit/read';
import { isUuid } from '@rolebook/kernel';
import { ListQuery } from '../http/list-query';
import { MomentField, parseMoment } from '../http/moment';
import { Field, invalidValue, oneOf, wordsPattern } from '../http/validation';
import { ACTIONS } from './audit.answers';

/** Fifteen digits, which are exact in every language's numbers. */
const MOST_ENTRIES = 999_999_999_999_999;

const ORDERS = ['asc', 'desc'] as const;

/** Which entries of the audit log. */
export class AuditFilterQuery {
  @Field((v) => actor(v), { type: String, pattern: '^(system|anonymous|[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})$', required: false, description: 'Who did it: the id of a user, `system` or `anonymous`.' })
  actor?: string;

  @Field((v) => userId(v, '?user'), { type: String, format: 'uuid', required: false, description: 'Whom it is about.' })
  user?: string;

  @Field((v) => actions(v), { type: String, pattern: wordsPattern(ACTIONS), required: false, example: 'user.role-changed', description: `Of ${ACTIONS.map((action) => `\`${action}\``).join(', ')}; several separated by commas.` })
  action?: string;

  @MomentField('from', 'At this time or later.')
  from?: string;

  @MomentField('to', 'At this time or earlier.')
  to?: string;
}

class AuditOrderQuery {
  @Field(oneOf(ORDERS, '?order'), { enum: ORDERS, required: false, default: 'desc', description: '`desc`: newest first.' })
  order?: 'asc' | 'desc';
}

export class AuditListQuery extends IntersectionType(IntersectionType(AuditFilterQuery, AuditOrderQuery), ListQuery) {}

export class AuditExportQuery extends AuditFilterQuery {
  @Field(oneOf(['ndjson', 'csv'] as const, '?format'), { enum: ['ndjson', 'csv'], description: '`ndjson` carries proofs; `csv` is for reading.' })
  format!: 'ndjson' | 'csv';

  @Field(oneOf(ORDERS, '?order'), { enum: ORDERS, required: false, default: 'asc', description: 'Of `csv`; `ndjson` stands in the order of the history, `asc`.' })
  order?: 'asc' | 'desc';
}

export class AuditStreamQuery extends PickType(AuditFilterQuery, ['actor', 'user', 'action'] as const) {}

export class InclusionQuery {
  @Field((v) => userId(v, '?entry'), { type: String, format: 'uuid', description: 'Id of an entry.' })
  entry!: string;

  @Field((v) => treeSize(v, '?size'), { type: 'integer', minimum: 1, maximum: MOST_ENTRIES, required: false, description: 'Entries of the tree that it is proven in; by default all there are.' })
  size?: string;
}

export class ConsistencyQuery {
  @Field((v) => treeSize(v, '?from'), { type: 'integer', minimum: 0, maximum: MOST_ENTRIES, description: 'Size of the earlier tree.' })
  from!: string;

  @Field((v) => treeSize(v, '?to'), { type: 'integer', minimum: 0, maximum: MOST_ENTRIES, required: false, description: 'Size of the later tree; by default all there are.' })
  to?: string;
}

export function filterOf(query: AuditFilterQuery): AuditFilter {
  const { actor: by = null, user = null, action, from, to } = query;
  return {
    actor: by, user, actions: action === undefined ? null : actions(action),
    from: from === undefined ? null : parseMoment(from, '?from'), to: to === undefined ? null : parseMoment(to, '?to'),
  };
}

/** @throws {Problem} `validation` */
export function treeSize(input: unknown, pointer: string): number {
  return typeof input === 'string' && /^(0|[1-9]\d{0,14})$/.test(input) ? Number(input) : invalidValue(pointer, 'must be a whole number of 15 digits at most');
}

function actor(input: unknown): string {
  return input === 'system' || input === 'anonymous' ? input : userId(input, '?actor');
}

function userId(input: unknown, pointer: string): string {
  return typeof input === 'string' && isUuid(input) ? input : invalidValue(pointer, 'must be an id');
}

function actions(input: unknown): string[] {
  const given = typeof input === 'string' ? input.split(',') : [];
  const good = given.length > 0 && new Set(given).size === given.length && given.every((action) => ACTIONS.includes(action));
  return good ? given : invalidValue('?action', 'must be an action of the audit log, or several separated by commas');
}
