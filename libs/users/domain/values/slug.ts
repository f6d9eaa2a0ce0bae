import { InvalidValue } from '@rolebook/kernel';

const SLUG = /^[a-z0-9](?:-?[a-z0-9])*$/;

/**
 * The short name of a business in sign-in forms: 2-50 of a-z, 0-9 and single hyphens inside.
 * Names nothing but a business, so no word is reserved.
 * @throws {InvalidValue}
 */
export function parseSlug(input: unknown, pointer = '#/slug'): string {
  if (typeof input !== 'string') throw InvalidValue.at(pointer, 'must be a string');
  if (input.length < 2 || input.length > 50) throw InvalidValue.at(pointer, 'must have 2 to 50 characters');
  if (!SLUG.test(input)) throw InvalidValue.at(pointer, 'must be of a-z, 0-9 and single hyphens between them');
  return input;
}
