import { InvalidValue } from '@rolebook/kernel';

/**
 * A telephone number with its country code (ITU-T E.164: up to 15 digits, none starts with 0), such as `+66812345678`.
 * Spaces, dots and hyphens between digits are for the eye and go; `(0)` is refused, for dropping it would change the number.
 * @returns `+` and 6-15 digits; `null` for `null`
 * @throws {InvalidValue}
 */
export function parsePhoneNumber(input: unknown, pointer = '#/phone'): string | null {
  if (input === null) return null;
  if (typeof input !== 'string') throw InvalidValue.at(pointer, 'must be a string or null');
  const compact = input.length > 40 ? '' : input.trim().replace(/(?<=\d)[ \u00a0.\u2010\u2011-](?=\d)/g, '');
  if (!/^\+[1-9]\d{5,14}$/.test(compact)) throw InvalidValue.at(pointer, 'must be a number with its country code, such as +66 81 234 5678');
  return compact;
}
