import type { DomainEvent, EventDefinitions } from '@rolebook/kernel';

type Of = { sessionId: string; userId: string };

/** Device and address stand in the event's metadata. */
export type SessionStarted = DomainEvent<'SessionStarted', Of & {
  /** The user's session epoch at that moment, and that of their second factor: once either is later, the session is over. */
  epoch: number; twoFactorEpoch: number;
  expiresAt: string; method: 'password' | 'password-and-two-factor';
  /** From where this user had not signed in before, having done so from elsewhere. */
  newDevice: boolean;
}>;
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

/** In an open session: the password that a sensitive change asks for was wrong. */
export type PasswordCheckRefused = DomainEvent<'PasswordCheckRefused', { userId: string; operation: 'change-password' | 'disable-two-factor'; reason: 'wrong-password' | 'throttled' }>;

/** A password reset that was asked for and not granted. The caller is told nothing of it. */
export type PasswordResetRefused = DomainEvent<'PasswordResetRefused', { userId: string | null; reason: 'unknown-address' | 'not-active' | 'throttled' }>;

/** What happens in the stream `sign-in-<business>`. */
export type SignInEvent = SignInRefused | PasswordCheckRefused | PasswordResetRefused;

export const signInEvents: EventDefinitions<SignInEvent> = {
  SignInRefused: { action: 'sign-in.refused', user: 'userId', sealed: {}, changes: () => [] },
  PasswordCheckRefused: { action: 'password-check.refused', user: 'userId', sealed: {}, changes: () => [] },
  PasswordResetRefused: { action: 'password-reset.refused', user: 'userId', sealed: {}, changes: () => [] },
};
