import { InvalidValue } from '@rolebook/kernel';

/** What a parser says against a value; `null` where it takes it. Anything thrown but an InvalidValue is a failure. */
export function refusalOf(parse: () => unknown): InvalidValue['errors'][0] | null {
  try {
    parse();
    return null;
  } catch (error) {
    if (error instanceof InvalidValue) return error.errors[0];
    throw error;
  }
}

/** Values that are no string at all, as hostile JSON may hold. */
export const NO_STRINGS: readonly unknown[] = [undefined, 1, true, {}, [], ['a@b.example'], { toString: () => 'a@b.example' }];
