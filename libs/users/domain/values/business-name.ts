import { parseVisibleLine } from './text';

/** Most characters of a business's name, in code points. */
export const BUSINESS_NAME_MAX = 100;

/** The name of a business: the rules of a person's name. @throws {InvalidValue} as there */
export function parseBusinessName(input: unknown, pointer = '#/name'): string {
  return parseVisibleLine(input, { pointer, max: BUSINESS_NAME_MAX });
}
