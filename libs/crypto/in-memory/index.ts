export { createMemoryKeyStore } from './key-store';
