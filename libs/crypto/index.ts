export { ActionTokens, createActionTokens, type ActionTokenFields, type ActionTokenPurpose } from './action-tokens';
export { InstallationSecrets, openInstallationSecrets, type MacPart } from './installation-secrets';
export { createMasterKey, MasterKeyError, parseMasterKey, type MasterKey } from './master-key';
export { checkMasterKey, rewrapAll } from './master-key-change';
export { readOrMakeMasterKeyFile } from './master-key-file';
export * from './port';
export { createSubjectKeys } from './subject-keys';
