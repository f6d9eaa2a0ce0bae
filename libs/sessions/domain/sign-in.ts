import type { DomainEvent, EventDefinitions } from '@rolebook/kernel';

/** A sign-in that was refused. `userId` where the address belongs to somebody; the reason is for the audit, never for the caller. */
export type SignInRefused = DomainEvent<'SignInRefused', { userId: string | null; reason: 'wrong-password' | 'unknown-address' | 'not-active' | 'throttled' }>;

/** What happens in the stream `sign-in-<business>`. */
export type SignInEvent = SignInRefused;

export const signInEvents: EventDefinitions<SignInEvent> = {
  SignInRefused: { action: 'sign-in.refused', user: 'userId', sealed: {}, changes: () => [] },
};
