import type { Clock } from '@rolebook/kernel';
import { Problem } from './problems';
import { Field, invalidValue } from './validation';

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** A moment as a request names it (RFC 3339, section 5.6, any offset), in UTC with milliseconds. @throws {Problem} `validation` */
export function parseMoment(input: unknown, pointer: string): string {
  const time = typeof input === 'string' && isOnTheCalendar(RFC3339.exec(input)) ? Date.parse(input) : Number.NaN;
  return Number.isNaN(time) ? invalidValue(pointer, 'must be a time such as 2026-11-24T09:30:00.000Z') : new Date(time).toISOString();
}

/** Date.parse takes the 31st of February for the 3rd of March; RFC 3339, section 5.7, does not. */
function isOnTheCalendar(parts: RegExpExecArray | null): boolean {
  if (!parts) return false;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** A query parameter that names a moment. */
export const MomentField = (name: string, description: string): PropertyDecorator =>
  Field((v) => parseMoment(v, `?${name}`), { type: String, format: 'date-time', required: false, example: '2026-11-24T09:30:00.000Z', description });

/** `?at=`: as a decorator, for queries that have more fields (a class put together from others would lose the quick validation). */
export const AtField = () => MomentField('at', 'Answers as of this moment: everything recorded up to it, and nothing after. In the future: 400 **future-moment**.');

/** `?at=`, on what can be answered as of a moment in the past. */
export class AtQuery {
  @AtField() at?: string;
}

/** The moment a query asks for; `null` is now. @throws {Problem} `future-moment` */
export function momentAsked({ at }: AtQuery, clock: Clock): string | null {
  if (at === undefined) return null;
  const moment = parseMoment(at, '?at');
  if (Date.parse(moment) > clock.now()) throw new Problem('future-moment');
  return moment;
}
