export { putOnDisk } from './on-disk';
export { ownersFile } from './owners-file';
export { wipeUnusedBytes } from './unused-bytes';
export { sqliteCode } from './sqlite-error';
export { asUnusable, DatabaseUnusable } from './unusable';
