import { Field, invalidValue } from './validation';

const LIMIT = { usual: 50, most: 200 };

/** What every list takes. */
export class ListQuery {
  @Field((v) => parseLimit(v), { type: 'integer', required: false, minimum: 1, maximum: LIMIT.most, default: LIMIT.usual })
  limit?: string;

  @Field((v) => (typeof v === 'string' && v.length > 0 && v.length <= 2000 ? v : invalidValue('?cursor', 'is not a cursor')), { type: String, minLength: 1, maxLength: 2000, required: false, description: 'From `nextCursor` of the page before.' })
  cursor?: string;

  @Field((v) => (v === 'true' || v === 'false' ? v : invalidValue('?count', 'must be true or false')), { enum: ['true', 'false'], required: false, description: 'Adds `total`.' })
  count?: string;
}

export function parseLimit(value: unknown): number {
  if (value === undefined) return LIMIT.usual;
  const limit = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : 0;
  return limit >= 1 && limit <= LIMIT.most ? limit : invalidValue('?limit', `must be a number from 1 to ${LIMIT.most}`);
}
