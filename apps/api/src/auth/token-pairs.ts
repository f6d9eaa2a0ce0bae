import { Inject, Injectable } from '@nestjs/common';
import { AccessTokens, ActionTokens } from '@rolebook/crypto';
import type { Clock } from '@rolebook/kernel';
import { LiveAccess, type Principal } from '@rolebook/sessions/read';
import type { StartedSession } from '@rolebook/sessions/write';
import { CLOCK } from '../composition/tokens';
import { Problem } from '../http/problems';

export interface AccessTokenAnswer {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
}

export interface TokenPair extends AccessTokenAnswer {
  readonly status: 'signed-in' | 'two-factor-enrolment-required';
  readonly refreshToken: string;
  readonly sessionId: string;
}

type Claims = Pick<Principal, 'businessId' | 'userId' | 'sessionId'>;

/** Makes the tokens of a session. */
@Injectable()
export class TokenPairs {
  constructor(
    private readonly accessTokens: AccessTokens, private readonly actionTokens: ActionTokens, private readonly live: LiveAccess,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws {Problem} `unauthenticated` where the session has ended in the meantime */
  async of({ businessId, userId, sessionId, generation }: StartedSession): Promise<TokenPair> {
    const { mustEnrol, ...access } = await this.access({ businessId, userId, sessionId });
    return {
      status: mustEnrol ? 'two-factor-enrolment-required' : 'signed-in',
      ...access, refreshToken: this.actionTokens.issue('refresh', { businessId, sessionId, generation }), sessionId,
    };
  }

  /** An access token for what the session may do now. @throws {Problem} as {@link of} */
  async access({ businessId, userId, sessionId }: Claims): Promise<AccessTokenAnswer & { readonly mustEnrol: boolean }> {
    const principal = await this.live.load({ businessId, userId, sessionId }, this.clock.now());
    if (!principal) throw new Problem('unauthenticated');
    const { mustEnrol } = principal;
    const { token, expiresIn } = this.accessTokens.sign({ businessId, userId, sessionId, kind: mustEnrol ? 'enrolment' : 'access' });
    return { mustEnrol, accessToken: token, expiresIn };
  }
}
