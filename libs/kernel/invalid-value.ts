import { DomainError } from './domain-error';

/** One thing wrong with a request: where (a JSON pointer as a URI fragment, such as `#/email`; RFC 9457, section 3) and what. */
export interface ValueError {
  readonly pointer: string;
  readonly message: string;
}

/** A value that breaks the rules of its kind. `code` is `validation`; `details` is `{errors: [{pointer, message}]}`. */
export class InvalidValue extends DomainError {
  constructor(readonly errors: readonly [ValueError, ...ValueError[]]) {
    super('validation', errors.map(({ pointer, message }) => `${pointer} ${message}`).join('; '), { errors });
  }

  /** For the usual case of one error. @param message completes the sentence "this value ..." and never quotes the value */
  static at(pointer: string, message: string): InvalidValue {
    return new InvalidValue([{ pointer, message }]);
  }
}
