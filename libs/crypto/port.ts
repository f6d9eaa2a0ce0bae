/** A subject's data key as stored: wrapped by the master key, or gone for good. */
export type StoredSubjectKey = { readonly wrapped: Uint8Array } | { readonly destroyedAt: string };

/**
 * Where wrapped keys are kept: the data keys of people (destroying one erases the person) and the installation's own secrets.
 * No read model: backed up apart from the log, never rebuilt. What is acknowledged is durable (a key is stored before the event that needs it).
 * Every adapter passes `key-store.contract.ts`.
 */
export interface KeyStore {
  getMany(subjects: readonly string[]): Promise<ReadonlyMap<string, StoredSubjectKey>>;
  /** Stores the key unless the subject has one or had one. @returns what stands there now */
  putIfAbsent(subject: string, wrapped: Uint8Array): Promise<StoredSubjectKey>;
  /** Overwrites the key with nothing, for ever; a ledger entry stays. Again: no change. `at` is RFC 3339. */
  destroy(subject: string, at: string): Promise<void>;
  /** The ledger of erasures, in order of time. */
  destroyed(): Promise<readonly { readonly subject: string; readonly at: string }[]>;
  /** All wrapped keys, for changing the master key. */
  scan(options: { readonly afterSubject?: string; readonly limit: number }): Promise<readonly { readonly subject: string; readonly wrapped: Uint8Array }[]>;
  /** Replaces wrapped keys of subjects that still have one (master key rotation). */
  rewrap(keys: readonly { readonly subject: string; readonly wrapped: Uint8Array }[]): Promise<void>;

  /** Named secrets of the installation, wrapped likewise, such as the signing keys. */
  getSecret(name: string): Promise<Uint8Array | null>;
  /** @returns what stands there now */
  putSecretIfAbsent(name: string, wrapped: Uint8Array): Promise<Uint8Array>;
  putSecret(name: string, wrapped: Uint8Array): Promise<void>;
  secretNames(): Promise<readonly string[]>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Seals and opens personal data with people's own keys. `ensure` and `load` fetch keys; `seal` and `open` are then synchronous,
 * so that a rebuild can decode a whole batch without waiting.
 */
export interface SubjectKeys {
  /** Makes keys for subjects that have none yet and loads them. @throws {SubjectErased} where one was destroyed */
  ensure(subjects: readonly string[]): Promise<void>;
  /** Loads the keys of these subjects into memory (a bounded cache), whether they exist or not. */
  load(subjects: readonly string[]): Promise<void>;
  /**
   * AES-256-GCM with the subject's key. Needs `ensure` before.
   * @param context bound as additional data, such as the event's id: what is sealed for one place opens in no other
   * @returns base64url of version byte, 12 bytes nonce, ciphertext, 16 bytes tag
   */
  seal(subject: string, context: string, plaintext: string): string;
  /** @returns `null` where the key is destroyed. @throws {Error} where the bytes were tampered with, or the key was never loaded */
  open(subject: string, context: string, sealed: string): string | null;
  /** Destroys a person's key everywhere, memory included. */
  destroy(subject: string, at: string): Promise<void>;
  /** Whether the key is destroyed; needs `load` before. */
  isDestroyed(subject: string): boolean;
}

export class SubjectErased extends Error {
  override readonly name = 'SubjectErased';
}

/** The key store does not answer. Whether a change was stored may be unknown; every call may be made again. */
export class KeyStoreUnavailable extends Error {
  override readonly name = 'KeyStoreUnavailable';
  constructor(message: string, readonly retryAfterSeconds = 1, options?: ErrorOptions) {
    super(message, options);
  }
}
