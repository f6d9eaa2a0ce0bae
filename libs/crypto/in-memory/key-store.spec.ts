import { keyStoreContract } from '../key-store.contract';
import { createMemoryKeyStore } from './key-store';

describe('key store in memory', () => keyStoreContract(async () => createMemoryKeyStore()));
