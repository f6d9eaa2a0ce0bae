import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, Reflector } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { PassportModule } from '@nestjs/passport';
import { BUSINESSES, BusinessQueries } from '@rolebook/businesses/read';
import { businessesWriteProviders } from '@rolebook/businesses/write';
import { AccessTokens, ActionTokens, InstallationSecrets, PasswordHasher } from '@rolebook/crypto';
import { Erasures } from '@rolebook/erasure';
import { EventCodec, Streams } from '@rolebook/event-sourcing';
import { LiveAccess, SessionQueries, USER_SESSIONS } from '@rolebook/sessions/read';
import { KnownDevices, sessionsWriteProviders } from '@rolebook/sessions/write';
import { Throttle } from '@rolebook/throttling';
import { twoFactorWriteProviders } from '@rolebook/two-factor/write';
import { MissingTwoFactor, PermissionTexts, USER_DIRECTORY, UserQueries } from '@rolebook/users/read';
import { usersWriteProviders } from '@rolebook/users/write';
import { AUDIT_CONTROLLERS, auditProviders } from './audit/audit.providers';
import { AuthController } from './auth/auth.controller';
import { AuthorizationController } from './auth/authorization.controller';
import { PasswordResetsController } from './auth/password-resets.controller';
import { TokenPairs } from './auth/token-pairs';
import { Where } from './auth/where';
import { BusinessesController } from './businesses/businesses.controller';
import type { Installation } from '@rolebook/installation';
import { SetupToken } from './composition/setup-token';
import { CLOCK, CONFIG, DOCUMENT_STORE, EVENT_STORE, OPERATIONAL_STORE, SUBJECT_KEYS } from './composition/tokens';
import { HealthController } from './health/health.controller';
import { AVATARS, FOLLOWERS, PROGRESS } from './composition/tokens';
import { Avatars } from './avatars/avatars';
import { MyAvatarController, UserAvatarController } from './avatars/avatars.controllers';
import { MySessionsController } from './sessions/my-sessions.controller';
import { SessionLists } from './sessions/session-lists';
import { UserSessionsController } from './sessions/user-sessions.controller';
import { Answers } from './http/answers';
import { Cursors } from './http/cursor';
import { FreshReadsGuard } from './http/fresh-reads.guard';
import { Freshness } from './http/freshness';
import { JwtStrategy } from './http/jwt.strategy';
import { LastSeen } from './http/last-seen';
import { PaceGuard } from './http/pace.guard';
import { PasswordRules } from './http/password-rules';
import { ProblemFilter } from './http/problem.filter';
import { Refusals } from './http/refusals';
import { SessionGuard } from './http/session.guard';
import { StrictInputGuard } from './http/strict-input.guard';
import { strictValidation } from './http/validation';
import { InvitationsController } from './invitations/invitations.controller';
import { Metrics } from './metrics/metrics';
import { MetricsController } from './metrics/metrics.controller';
import { MeController } from './me/me.controller';
import { MyPasswordController } from './me/my-password.controller';
import { RolesController } from './roles/roles.controller';
import { TwoFactorSettingsController } from './settings/two-factor-settings.controller';
import { MyTwoFactorController } from './two-factor/my-two-factor.controller';
import { TwoFactorResetsController } from './two-factor/two-factor-resets.controller';
import { ForeseenImpact } from './users/foreseen-impact';
import { ErasuresController } from './users/erasures.controller';
import { UserLists } from './users/user-lists';
import { UsersController } from './users/users.controller';

const CONTROLLERS = [...AUDIT_CONTROLLERS, AuthController, AuthorizationController, BusinessesController, ErasuresController, HealthController, InvitationsController, MeController, MetricsController, MyAvatarController, MyPasswordController, MySessionsController, MyTwoFactorController, PasswordResetsController, RolesController, TwoFactorResetsController, TwoFactorSettingsController, UserAvatarController, UserSessionsController, UsersController];

/** Those with handlers marked `@Quick()`. */
export const QUICK_CONTROLLERS = [AuthorizationController, MeController, UsersController];

/** In the order in which they are asked, on every route. */
export const GUARDS = [SessionGuard, StrictInputGuard, PaceGuard, FreshReadsGuard];

/** Puts the api together on an opened installation. */
@Module({})
export class AppModule {
  static on(installation: Installation): DynamicModule {
    const value = <T>(provide: T, useValue: unknown) => ({ provide: provide as never, useValue });
    return {
      module: AppModule,
      imports: [CqrsModule.forRoot(), PassportModule],
      controllers: CONTROLLERS,
      providers: [
        value(CONFIG, installation.config), value(CLOCK, installation.clock), value(EVENT_STORE, installation.events), value(DOCUMENT_STORE, installation.documents),
        value(OPERATIONAL_STORE, installation.operational), value(Streams, installation.streams), value(EventCodec, installation.codec), value(LiveAccess, installation.live), value(PermissionTexts, installation.permissionTexts), value(AVATARS, installation.avatars),
        value(FOLLOWERS, installation.followers), value(InstallationSecrets, installation.secrets), value(SUBJECT_KEYS, installation.subjectKeys), value(AccessTokens, installation.accessTokens),
        value(ActionTokens, installation.actionTokens), value(PasswordHasher, installation.passwords), value(SetupToken, new SetupToken(installation.config)),
        value(USER_DIRECTORY, installation.directory), value(BUSINESSES, installation.businesses), value(USER_SESSIONS, installation.sessions),
        value(PROGRESS, installation.progress), value(Freshness, new Freshness(installation.progress, installation.streams, installation.tookBefore)),
        value(Erasures, installation.erasures),
        ...usersWriteProviders, ...businessesWriteProviders, ...sessionsWriteProviders, ...twoFactorWriteProviders,
        value(Throttle, new Throttle(installation.operational, installation.clock)),
        value(KnownDevices, new KnownDevices(installation.operational, installation.secrets, installation.actionTokens)),
        ...auditProviders(installation),
        UserQueries, BusinessQueries, MissingTwoFactor, SessionQueries,
        Answers, Avatars, Cursors, ForeseenImpact, JwtStrategy, LastSeen, Metrics, PasswordRules, Refusals, Reflector, SessionLists, TokenPairs, UserLists, Where,
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useFactory: strictValidation },
        ...GUARDS, ...GUARDS.map((guard) => ({ provide: APP_GUARD, useExisting: guard })),
      ],
    };
  }
}
