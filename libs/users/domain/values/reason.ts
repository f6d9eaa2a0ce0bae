import { parseLine } from './text';

/** Most characters of a reason or a note, in code points. */
export const REASON_MAX = 500;

/**
 * Why somebody does something, in their words; kept in the audit log.
 * @returns one line of at most 500 characters; `null` where none was given
 * @throws {InvalidValue} for controls (line breaks too), invisible and bidi characters
 */
export function parseReason(input: unknown, pointer = '#/reason'): string | null {
  if (input === undefined || input === null) return null;
  return parseLine(input, { pointer, max: REASON_MAX }) || null;
}
