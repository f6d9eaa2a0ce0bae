/** Tokens of dependency injection for ports that are no classes. */
export const CLOCK = Symbol('Clock');
export const OPERATIONAL_STORE = Symbol('OperationalStore');
export const DOCUMENT_STORE = Symbol('DocumentStore');
export const EVENT_STORE = Symbol('EventStore');
export const CONFIG = Symbol('Config');
export const MAILER = Symbol('Mailer');
export const AVATARS = Symbol('AvatarStore');
export const FOLLOWERS = Symbol('Followers | null');
export const PROGRESS = Symbol('Progress');
export const SUBJECT_KEYS = Symbol('SubjectKeys');
