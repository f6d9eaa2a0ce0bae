import type { DomainEvent, EventDefinitions } from '@rolebook/kernel';

type Of = { sessionId: string; userId: string };

/** Device and address stand in the event's metadata. `epoch` is the user's session epoch at that moment. */
export type SessionStarted = DomainEvent<'SessionStarted', Of & { epoch: number; expiresAt: string; method: 'password' | 'password-and-two-factor' }>;
/** The refresh token was exchanged: `generation` is the new one's. */
export type SessionRefreshed = DomainEvent<'SessionRefreshed', Of & { generation: number; at: string }>;
export type SignedOut = DomainEvent<'SignedOut', Of>;
export type SessionRevoked = DomainEvent<'SessionRevoked', Of>;
/** An old refresh token came back: stolen, or kept by mistake. Ends the session. */
export type RefreshTokenReused = DomainEvent<'RefreshTokenReused', Of & { generation: number }>;

/** What happens in the stream `session-<business>-<id>`. */
export type SessionEvent = SessionStarted | SessionRefreshed | SignedOut | SessionRevoked | RefreshTokenReused;

export const sessionEvents: EventDefinitions<SessionEvent> = {
  SessionStarted: { action: 'session.started', user: 'userId', sealed: {}, changes: () => [{ field: 'status', from: null, to: 'active' }] },
  SessionRefreshed: { action: 'session.refreshed', user: 'userId', sealed: {}, changes: () => [] },
  SignedOut: { action: 'session.signed-out', user: 'userId', sealed: {}, changes: () => [{ field: 'status', from: 'active', to: 'ended' }] },
  SessionRevoked: { action: 'session.revoked', user: 'userId', sealed: {}, changes: () => [{ field: 'status', from: 'active', to: 'ended' }] },
  RefreshTokenReused: { action: 'session.refresh-token-reused', user: 'userId', sealed: {}, changes: () => [{ field: 'status', from: 'active', to: 'ended' }] },
};

/** A sign-in that was refused. `userId` where the address belongs to somebody; the reason is for the audit, never for the caller. */
export type SignInRefused = DomainEvent<'SignInRefused', { userId: string | null; reason: 'wrong-password' | 'unknown-address' | 'not-active' | 'throttled' }>;

/** What happens in the stream `sign-in-<business>`. */
export type SignInEvent = SignInRefused;

export const signInEvents: EventDefinitions<SignInEvent> = {
  SignInRefused: { action: 'sign-in.refused', user: 'userId', sealed: {}, changes: () => [] },
};
