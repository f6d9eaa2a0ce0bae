/** Tokens of dependency injection for this lib's interfaces. */
export const INSTALLATION_SECRETS = Symbol('InstallationSecrets');
export const ACTION_TOKENS = Symbol('ActionTokens');
export const ACCESS_TOKENS = Symbol('AccessTokens');
export const PASSWORD_HASHER = Symbol('PasswordHasher');
export const SUBJECT_KEYS = Symbol('SubjectKeys');
