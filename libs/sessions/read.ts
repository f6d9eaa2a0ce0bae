/** What can be known of sessions. */
export { deviceName } from './device/device-name';
export { userSessions, type SessionEntry, type UserSessionsDocument } from './projections/user-sessions';
export { LiveAccess, type Principal } from './queries/live-access';
export { SessionQueries, USER_SESSIONS, type SessionView } from './queries/session.queries';
