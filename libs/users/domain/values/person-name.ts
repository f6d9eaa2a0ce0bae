import { parseVisibleLine } from './text';

/** Most characters of a person's name, in code points. */
export const PERSON_NAME_MAX = 100;

/**
 * The name a person is shown by: 1-100 characters of any script, NFC, trimmed, single spaces.
 * @throws {InvalidValue} for controls, bidi characters, and names that show nothing
 */
export function parsePersonName(input: unknown, pointer = '#/displayName'): string {
  return parseVisibleLine(input, { pointer, max: PERSON_NAME_MAX });
}
