import { Injectable } from '@nestjs/common';
import { AccessTokens, ActionTokens } from '@rolebook/crypto';
import type { Clock } from '@rolebook/kernel';
import { Inject } from '@nestjs/common';
import { LiveAccess } from '@rolebook/sessions/read';
import type { StartedSession } from '@rolebook/sessions/write';
import { CLOCK } from '../composition/tokens';
import { Problem } from '../http/problems';

export interface TokenPair {
  readonly status: 'signed-in' | 'two-factor-enrolment-required';
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly sessionId: string;
}

/** Makes the tokens of a session. */
@Injectable()
export class TokenPairs {
  constructor(
    private readonly accessTokens: AccessTokens, private readonly actionTokens: ActionTokens, private readonly live: LiveAccess,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws {Problem} `unauthenticated` where the session has ended in the meantime */
  async of({ businessId, userId, sessionId, generation }: StartedSession): Promise<TokenPair> {
    const principal = await this.live.load({ businessId, userId, sessionId }, this.clock.now());
    if (!principal) throw new Problem('unauthenticated');
    const { token, expiresIn } = this.accessTokens.sign({ businessId, userId, sessionId, kind: principal.mustEnrol ? 'enrolment' : 'access' });
    return {
      status: principal.mustEnrol ? 'two-factor-enrolment-required' : 'signed-in',
      accessToken: token, expiresIn, refreshToken: this.actionTokens.issue('refresh', { businessId, sessionId, generation }), sessionId,
    };
  }
}
