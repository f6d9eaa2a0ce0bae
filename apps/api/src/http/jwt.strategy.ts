import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { AccessTokens, type AccessTokenClaims } from '@rolebook/crypto';
import type { Clock } from '@rolebook/kernel';
import { LiveAccess, type Principal } from '@rolebook/sessions/read';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { CLOCK } from '../composition/tokens';

type Verifier = (token: string, key: AccessTokens, options: unknown, done: (error: Error | null, claims?: AccessTokenClaims) => void) => void;

/**
 * The way in by passport-jwt, for a token or a session that is not in memory yet. passport-jwt's own verifier knows no EdDSA,
 * so ours stands in its place. That place is one for the whole process; whose tokens to verify by comes with every call, as the key.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(
    tokens: AccessTokens,
    private readonly live: LiveAccess,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: (_request: unknown, _token: unknown, done: (error: null, key: never) => void) => done(null, tokens as never),
    });
    (Strategy as unknown as { JwtVerifier: Verifier }).JwtVerifier = (token, key, _options, done) => {
      Promise.resolve(key.verify(token)).then((claims) => (claims ? done(null, claims) : done(new Error('not a valid access token'))), done);
    };
  }

  /** @returns who the claims' session belongs to; `null` where it has ended */
  validate(claims: AccessTokenClaims): Promise<Principal | null> {
    return this.live.load(claims, this.clock.now());
  }
}
