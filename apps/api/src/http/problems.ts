import { DomainError } from '@rolebook/kernel';

/**
 * Every problem the API answers with: slug, HTTP status and title (RFC 9457). The one place where refusals become HTTP.
 * `type` is `urn:rolebook:problem:<slug>`.
 */
export const PROBLEMS = {
  'validation': [400, 'The request is not valid'],
  'invalid-json': [400, 'The body is not valid JSON'],
  'invalid-cursor': [400, 'The cursor is not valid'],
  'future-moment': [400, 'The moment lies in the future'],
  'invalid-reset-token': [400, 'The link is not valid'],
  'unauthenticated': [401, 'Sign in first'],
  'invalid-credentials': [401, 'The e-mail address or the password is wrong'],
  'invalid-code': [401, 'The code is wrong'],
  'refresh-token-reused': [401, 'The refresh token was used before'],
  'forbidden': [403, 'Not allowed'],
  'two-factor-enrolment-required': [403, 'Two-factor authentication must be set up first'],
  'not-found': [404, 'Not found'],
  'invalid-token': [404, 'The link is not valid'],
  'method-not-allowed': [405, 'Method not allowed'],
  'request-timeout': [408, 'The request took too long to arrive'],
  'email-taken': [409, 'The e-mail address is taken'],
  'slug-taken': [409, 'The short name is taken'],
  'not-invited': [409, 'There is no open invitation'],
  'last-super-admin': [409, 'The last Super Admin must stay'],
  'not-active': [409, 'The user is not active'],
  'not-deactivated': [409, 'The user is not deactivated'],
  'super-admin-not-overridden': [409, 'A Super Admin cannot be overridden'],
  'email-mismatch': [409, 'The e-mail address is another'],
  'not-enrolled': [409, 'Two-factor authentication is not set up'],
  'already-enrolled': [409, 'Two-factor authentication is set up already'],
  'two-factor-required': [409, 'Two-factor authentication is required'],
  'invitation-expired': [410, 'The invitation has expired'],
  'stale': [412, 'It has changed since'],
  'payload-too-large': [413, 'Too large'],
  'uri-too-long': [414, 'The address is too long'],
  'unsupported-media-type': [415, 'The media type is not supported'],
  'idempotency-key-reused': [422, 'The idempotency key was used for another request'],
  'too-many-attempts': [429, 'Too many attempts'],
  'headers-too-large': [431, 'The headers are too large'],
  'internal': [500, 'Something went wrong here'],
  'unavailable': [503, 'Not available right now'],
  'behind': [503, 'Not up to date yet'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemSlug = keyof typeof PROBLEMS;

/** Where the contract has one slug with two statuses, the catalogue has two entries, and the second reads as the first. */
const READS_AS: Partial<Record<ProblemSlug, ProblemSlug>> = { 'invalid-reset-token': 'invalid-token' };

/** The `type` of a problem, as clients see it. */
export function problemType(code: ProblemSlug): string {
  return `urn:rolebook:problem:${READS_AS[code] ?? code}`;
}

/** A problem document (RFC 9457) as the API answers with it. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly requestId: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}

/** Refuses with a problem of the catalogue, from the HTTP side. */
export class Problem extends DomainError {
  constructor(slug: ProblemSlug, detail: string = PROBLEMS[slug][1], details: Readonly<Record<string, unknown>> = {}) {
    super(slug, detail, details);
  }
}

/** @returns status and document for a refusal; an unknown code is ours to mend and reads as `internal`. */
export function problemDocument(error: DomainError, requestId: string): ProblemDocument {
  const known = error.code in PROBLEMS ? (error.code as ProblemSlug) : 'internal';
  const [status, title] = PROBLEMS[known];
  const errors = error.details.errors as ProblemDocument['errors'];
  return {
    type: problemType(known), title, status,
    detail: known === error.code ? error.message : title, requestId, ...(errors ? { errors } : {}),
  };
}
