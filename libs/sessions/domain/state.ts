import { unreachable } from '@rolebook/kernel';
import type { SessionEvent } from './events';

export interface SessionState {
  readonly id: string | null;
  readonly userId: string;
  readonly epoch: number;
  readonly twoFactorEpoch: number;
  readonly ended: boolean;
  readonly expiresAt: string;
  /** Generation of the newest refresh token, and since when. */
  readonly generation: number;
  readonly rotatedAt: string | null;
}

export const noSession: SessionState = { id: null, userId: '', epoch: 0, twoFactorEpoch: 0, ended: false, expiresAt: '', generation: 0, rotatedAt: null };

export function evolveSession(session: SessionState, { type, data }: SessionEvent): SessionState {
  switch (type) {
    case 'SessionStarted': return { ...session, id: data.sessionId, userId: data.userId, epoch: data.epoch, twoFactorEpoch: data.twoFactorEpoch, expiresAt: data.expiresAt };
    case 'SessionRefreshed': return { ...session, generation: data.generation, rotatedAt: data.at };
    case 'SignedOut':
    case 'SessionRevoked':
    case 'RefreshTokenReused': return { ...session, ended: true };
    default: return unreachable(type);
  }
}

/** How a session's stream folds. */
export const sessionStream = { kind: 'session', initialState: noSession, evolve: evolveSession };
