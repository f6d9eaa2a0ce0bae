export { ConfigError, readConfig, type Config } from './config';
export { startFollowers, type Followers } from './followers';
export { checkAgreement, StoresDisagree } from './agreement';
export { openAudit, type AuditParts } from './audit';
export { allEvents, definitionOf, openFoundation, type Foundation } from './foundation';
export { openInstallation, type Installation } from './installation';
export { allReadModels } from './read-models';
export { openStores, type Stores } from './stores';
export { FOLLOWERS, rebuildReadModels } from './rebuilding';
