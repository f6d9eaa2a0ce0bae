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

type Handler = ReturnType<ExecutionContext['getHandler']>;

/** What a route asks of whoever comes in. */
interface Demands { readonly isPublic: boolean; readonly whileEnrolling: boolean; readonly settings: Level | undefined }

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
  private readonly demands = new Map<object, Demands>();

  constructor(
    private readonly reflector: Reflector, private readonly live: LiveAccess, private readonly lastSeen: LastSeen,
    private readonly tokens: AccessTokens, @Inject(CLOCK) private readonly clock: Clock,
  ) { super(); }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const handler = context.getHandler();
    const demands = this.of(handler);
    if (demands.isPublic) return true;
    const request = context.switchToHttp().getRequest<ApiRequest>();
    const now = this.clock.now();
    const header = bearerHeader(request.headers.authorization);
    const claims = this.tokens.verifyCached(header, SCHEME.length);
    const known = claims && (onlyLooks(request) ? this.live.peek(claims.sessionId, now) : this.live.peekForChange(claims.sessionId, now));
    if (claims && known !== undefined) return this.admit(request, demands, known, claims.kind, now);
    return this.viaPassport(context, request, demands, header.slice(SCHEME.length).trim(), now);
  }

  /** What passport's outcome means here. */
  override handleRequest<User>(error: unknown, principal: User | false | null): User {
    if (error instanceof Error) throw error;
    if (!principal) throw new Problem('unauthenticated');
    return principal;
  }

  private async viaPassport(context: ExecutionContext, request: ApiRequest, demands: Demands, token: string, now: number): Promise<boolean> {
    await super.canActivate(context);
    const claims = await this.tokens.verify(token); // remembered from a moment ago
    return this.admit(request, demands, (request as { user?: Principal }).user ?? null, claims?.kind ?? 'enrolment', now);
  }

  private admit(request: ApiRequest, { whileEnrolling, settings }: Demands, principal: Principal | null, kind: AccessTokenKind, now: number): true {
    if (!principal) throw new Problem('unauthenticated');
    request.principal = principal;
    this.lastSeen.note(principal, now);
    // A token made for enrolling never becomes more, even when its session has: the enrolment, or a refresh, gives a new one.
    if ((principal.mustEnrol || kind === 'enrolment') && !whileEnrolling) throw new Problem('two-factor-enrolment-required');
    if (settings && !holds(principal.permissions.settings, settings)) throw new Problem('forbidden', `This needs the level ${settings} on Settings.`);
    return true;
  }

  /** As its decorators say: they do not change, and looking each of them up costs as much as looking the session up. */
  private of(handler: Handler): Demands {
    let demands = this.demands.get(handler);
    if (!demands) {
      const of = <Value>(key: string) => this.reflector.get<Value | undefined>(key, handler);
      demands = { isPublic: of<boolean>(PUBLIC) ?? false, whileEnrolling: of<boolean>(WHILE_ENROLLING) ?? false, settings: of<Level>(SETTINGS) };
      this.demands.set(handler, demands);
    }
    return demands;
  }
}

/** RFC 9110, section 9.2.1: safe methods change nothing. */
function onlyLooks({ method }: ApiRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

const SCHEME = 'Bearer ';

function bearerHeader(header: string | undefined): string {
  // As nearly everybody writes it; the scheme's case does not matter (RFC 9110, section 11.1).
  if (header === undefined || !(header.startsWith(SCHEME) || /^Bearer /i.test(header))) throw new Problem('unauthenticated');
  return header;
}
