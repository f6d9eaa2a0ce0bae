const DAY_MS = 24 * 3600 * 1000;

/** A session ends this long after it started, whatever is done with it (NIST SP 800-63B-4, section 2.1.3). */
export const SESSION_MS = 30 * DAY_MS;
/** And sooner where nobody has used it for so long: a device left in a drawer signs in anew (OWASP ASVS 5.0, 7.3.1). */
export const IDLE_MS = 7 * DAY_MS;

/** When a session runs out by itself. @param usedAt its start, or its last refresh @returns milliseconds since the epoch */
export function runsOutAt(session: { readonly expiresAt: string }, usedAt: string): number {
  return Math.min(Date.parse(session.expiresAt), Date.parse(usedAt) + IDLE_MS);
}
