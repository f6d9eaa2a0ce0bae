import { applyDecorators, Inject, Injectable, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { ApiExtension } from '@nestjs/swagger';
import { holds, type Level } from '@rolebook/access';
import { AccessTokens, type AccessTokenKind } from '@rolebook/crypto';
import type { Clock } from '@rolebook/kernel';
import { LiveAccess, type Principal } from '@rolebook/sessions/read';
import { CLOCK } from '../composition/tokens';
import { WHILE_ENROLLING_NOTE } from './api-docs';
import { LastSeen } from './last-seen';
import { Problem } from './problems';
import type { ApiRequest } from './request';

const PUBLIC = 'rolebook:public';
const WHILE_ENROLLING = 'rolebook:while-enrolling';
const SETTINGS = 'rolebook:settings';

/** Needs no session. */
export const Public = () => SetMetadata(PUBLIC, true);
/** Also for somebody who must enrol in two-factor first. */
export const WhileEnrolling = () => applyDecorators(SetMetadata(WHILE_ENROLLING, true), ApiExtension(WHILE_ENROLLING_NOTE, true));
/** Needs this level on Settings. What depends on the person concerned is decided by the use-case, from the streams. */
export const NeedsSettings = (level: Level) => SetMetadata(SETTINGS, level);

/**
 * Lets in live sessions only: the token says which session, the live session says who that is and what they may do.
 * No I/O where both are in memory.
 */
@Injectable()
export class SessionGuard extends AuthGuard('jwt') {
  constructor(
    private readonly reflector: Reflector, private readonly live: LiveAccess, private readonly lastSeen: LastSeen,
    private readonly tokens: AccessTokens, @Inject(CLOCK) private readonly clock: Clock,
  ) { super(); }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const handler = context.getHandler();
    if (this.reflector.get<boolean | undefined>(PUBLIC, handler)) return true;
    const request = context.switchToHttp().getRequest<ApiRequest>();
    const now = this.clock.now();
    const token = bearerToken(request.headers.authorization);
    const claims = this.tokens.verifyCached(token);
    const known = claims && (onlyLooks(request) ? this.live.peek(claims.sessionId, now) : this.live.peekForChange(claims.sessionId, now));
    if (claims && known !== undefined) return this.admit(request, handler, known, claims.kind, now);
    return this.viaPassport(context, request, handler, token, now);
  }

  /** What passport's outcome means here. */
  override handleRequest<User>(error: unknown, principal: User | false | null): User {
    if (error instanceof Error) throw error;
    if (!principal) throw new Problem('unauthenticated');
    return principal;
  }

  private async viaPassport(context: ExecutionContext, request: ApiRequest, handler: object, token: string, now: number): Promise<boolean> {
    await super.canActivate(context);
    const claims = await this.tokens.verify(token); // remembered from a moment ago
    return this.admit(request, handler, (request as { user?: Principal }).user ?? null, claims?.kind ?? 'enrolment', now);
  }

  private admit(request: ApiRequest, handler: object, principal: Principal | null, kind: AccessTokenKind, now: number): true {
    if (!principal) throw new Problem('unauthenticated');
    request.principal = principal;
    this.lastSeen.note(principal, now);
    // A token made for enrolling never becomes more, even when its session has: the enrolment, or a refresh, gives a new one.
    if ((principal.mustEnrol || kind === 'enrolment') && !this.reflector.get<boolean | undefined>(WHILE_ENROLLING, handler as () => unknown)) throw new Problem('two-factor-enrolment-required');
    const needed = this.reflector.get<Level | undefined>(SETTINGS, handler as () => unknown);
    if (needed && !holds(principal.permissions.settings, needed)) throw new Problem('forbidden', `This needs the level ${needed} on Settings.`);
    return true;
  }
}

/** RFC 9110, section 9.2.1: safe methods change nothing. */
function onlyLooks({ method }: ApiRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function bearerToken(header: string | undefined): string {
  if (header === undefined || !/^Bearer /i.test(header)) throw new Problem('unauthenticated');
  return header.slice(7).trim();
}
