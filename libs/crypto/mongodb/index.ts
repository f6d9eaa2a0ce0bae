export { openMongoKeyStore } from './key-store';
