export { openSqliteKeyStore } from './key-store';
