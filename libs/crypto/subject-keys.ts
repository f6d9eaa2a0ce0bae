import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { GenerationCache } from './generation-cache';
import { subjectName, type MasterKey } from './master-key';
import { SubjectErased, type KeyStore, type StoredSubjectKey, type SubjectKeys } from './port';
import { randomNonce } from './secret-bytes';

const FORMAT = 1;
const NONCE = 1;
const CIPHERTEXT = 13;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** Keys asked for at once: unwrapping that many takes the event loop some milliseconds, then others have their turn. */
const PAGE = 500;

const DESTROYED = Symbol('destroyed');
const ABSENT = Symbol('absent');
type Loaded = Uint8Array | typeof DESTROYED | typeof ABSENT;

/**
 * People's data keys: made here, wrapped by the master key, kept in the key store, held in memory while in use.
 * @param options.cacheSize keys of a generation of the cache; at most about twice as many are held (some 350 bytes each)
 * With several nodes, each calls `destroy` when it learns of an erasure: on the store that is no change, and the key leaves this memory too.
 */
export function createSubjectKeys(options: { readonly store: KeyStore; readonly masterKey: MasterKey; readonly cacheSize: number }): SubjectKeys {
  return new CachedSubjectKeys(options.store, options.masterKey, options.cacheSize);
}

class CachedSubjectKeys implements SubjectKeys {
  readonly #loaded: GenerationCache<Loaded>;

  constructor(private readonly store: KeyStore, private readonly masterKey: MasterKey, cacheSize: number) {
    this.#loaded = new GenerationCache(cacheSize);
  }

  async load(subjects: readonly string[]): Promise<void> {
    this.#loaded.turn();
    // An absent key may have been made by another node since: it is asked for again.
    const missing = this.#inState(subjects, ABSENT, undefined);
    for (let start = 0; start < missing.length; start += PAGE) {
      const page = missing.slice(start, start + PAGE);
      const found = await this.store.getMany(page);
      for (const subject of page) this.#remember(subject, found.get(subject));
    }
  }

  async ensure(subjects: readonly string[]): Promise<void> {
    await this.load(subjects);
    await Promise.all(this.#inState(subjects, ABSENT, undefined).map((subject) => this.#make(subject)));
    const erased = this.#inState(subjects, DESTROYED)[0];
    if (erased !== undefined) throw new SubjectErased(`the key of ${erased} is destroyed`);
  }

  seal(subject: string, context: string, plaintext: string): string {
    const key = this.#key(subject);
    if (key === DESTROYED) throw new SubjectErased(`the key of ${subject} is destroyed`);
    const nonce = randomNonce(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context, 'utf8'));
    const ciphertext = cipher.update(plaintext, 'utf8');
    cipher.final(); // GCM is a stream: nothing is left to come
    const sealed = Buffer.allocUnsafe(CIPHERTEXT + ciphertext.length + TAG_BYTES);
    sealed[0] = FORMAT;
    sealed.set(nonce, NONCE);
    sealed.set(ciphertext, CIPHERTEXT);
    sealed.set(cipher.getAuthTag(), CIPHERTEXT + ciphertext.length);
    return sealed.toString('base64url');
  }

  open(subject: string, context: string, sealed: string): string | null {
    const key = this.#key(subject);
    if (key === DESTROYED) return null;
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes[0] !== FORMAT || bytes.length < CIPHERTEXT + TAG_BYTES) throw new Error(`what is sealed for ${subject} is malformed`);
    const tag = bytes.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(NONCE, CIPHERTEXT))
        .setAAD(Buffer.from(context, 'utf8'))
        .setAuthTag(bytes.subarray(tag));
      const plaintext = decipher.update(bytes.subarray(CIPHERTEXT, tag));
      decipher.final(); // throws where the tag does not fit
      return plaintext.toString('utf8');
    } catch {
      throw new Error(`what is sealed for ${subject} was changed, or was moved here from another place`);
    }
  }

  async destroy(subject: string, at: string): Promise<void> {
    try {
      await this.store.destroy(subject, at);
    } finally {
      // Also where the store failed: it may have destroyed the key all the same.
      const key = this.#loaded.get(subject);
      if (key instanceof Uint8Array) key.fill(0);
      this.#loaded.delete(subject);
    }
    this.#loaded.set(subject, DESTROYED);
  }

  isDestroyed(subject: string): boolean {
    const key = this.#loaded.get(subject);
    if (key === undefined) throw new Error(`the key of ${subject} was not loaded: call load first`);
    return key === DESTROYED;
  }

  #key(subject: string): Uint8Array | typeof DESTROYED {
    const key = this.#loaded.get(subject);
    if (key === undefined) throw new Error(`the key of ${subject} was not loaded: call load or ensure first`);
    if (key === ABSENT) throw new Error(`${subject} has no key: call ensure before sealing; nothing can be opened without it`);
    return key;
  }

  /** The subjects, each once, whose entry is one of `states`. */
  #inState(subjects: readonly string[], ...states: readonly (Loaded | undefined)[]): string[] {
    return [...new Set(subjects)].filter((subject) => states.includes(this.#loaded.get(subject)));
  }

  async #make(subject: string): Promise<void> {
    const key = randomBytes(KEY_BYTES);
    const wrapped = this.masterKey.wrap(subjectName(subject), key);
    key.fill(0);
    this.#remember(subject, await this.store.putIfAbsent(subject, wrapped));
  }

  /** An answer that was on its way while the key was destroyed must not bring it back. */
  #remember(subject: string, stored: StoredSubjectKey | undefined): void {
    const known = this.#loaded.get(subject);
    if (known === DESTROYED || known instanceof Uint8Array) return;
    if (!stored) this.#loaded.set(subject, ABSENT);
    else if ('destroyedAt' in stored) this.#loaded.set(subject, DESTROYED);
    else {
      const key = this.masterKey.unwrap(subjectName(subject), stored.wrapped);
      // A copy of its own: a Buffer of Node's pool would keep 8 KiB alive for each of these 32 bytes.
      this.#loaded.set(subject, new Uint8Array(key));
      key.fill(0);
    }
  }
}
