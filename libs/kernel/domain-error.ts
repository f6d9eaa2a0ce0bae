/**
 * A rule that refuses. `code` is stable, in kebab-case and from the feature's own `domain/errors.ts`;
 * the HTTP side maps it to a problem. No HTTP numbers here.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  /**
   * @param code stable slug, part of the contract
   * @param message one sentence for people; must hold nothing secret
   * @param details more for programs, such as `{retryAfterSeconds: 30}`
   */
  constructor(readonly code: string, message: string, readonly details: Readonly<Record<string, unknown>> = {}) {
    super(message);
  }
}
