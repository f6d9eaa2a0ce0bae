import type { KeyStore, StoredSubjectKey } from '../port';

/** A key store that forgets everything with the process: for tests of what stands on the port. */
export function createMemoryKeyStore(): KeyStore {
  return new MemoryKeyStore();
}

class MemoryKeyStore implements KeyStore {
  readonly #keys = new Map<string, StoredSubjectKey>();
  readonly #secrets = new Map<string, Uint8Array>();
  #closed = false;

  async getMany(subjects: readonly string[]): Promise<ReadonlyMap<string, StoredSubjectKey>> {
    this.#checkOpen();
    const found = new Map<string, StoredSubjectKey>();
    for (const subject of subjects) {
      const stored = this.#keys.get(subject);
      if (stored) found.set(subject, copy(stored));
    }
    return found;
  }

  async putIfAbsent(subject: string, wrapped: Uint8Array): Promise<StoredSubjectKey> {
    this.#checkOpen();
    const stored = this.#keys.get(subject) ?? { wrapped: new Uint8Array(wrapped) };
    this.#keys.set(subject, stored);
    return copy(stored);
  }

  async destroy(subject: string, at: string): Promise<void> {
    this.#checkOpen();
    const stored = this.#keys.get(subject);
    if (stored && 'destroyedAt' in stored) return;
    stored?.wrapped.fill(0);
    this.#keys.set(subject, { destroyedAt: at });
  }

  async destroyed() {
    this.#checkOpen();
    return [...this.#keys]
      .flatMap(([subject, stored]) => ('destroyedAt' in stored ? [{ subject, at: stored.destroyedAt }] : []))
      .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }

  async scan({ afterSubject, limit }: { readonly afterSubject?: string; readonly limit: number }) {
    this.#checkOpen();
    return [...this.#keys]
      .flatMap(([subject, stored]) => ('wrapped' in stored ? [{ subject, wrapped: new Uint8Array(stored.wrapped) }] : []))
      .filter(({ subject }) => afterSubject === undefined || subject > afterSubject)
      .sort((a, b) => (a.subject < b.subject ? -1 : 1))
      .slice(0, limit);
  }

  async rewrap(keys: readonly { readonly subject: string; readonly wrapped: Uint8Array }[]): Promise<void> {
    this.#checkOpen();
    for (const { subject, wrapped } of keys) {
      const stored = this.#keys.get(subject);
      if (stored && 'wrapped' in stored) this.#keys.set(subject, { wrapped: new Uint8Array(wrapped) });
    }
  }

  async getSecret(name: string): Promise<Uint8Array | null> {
    this.#checkOpen();
    const secret = this.#secrets.get(name);
    return secret ? new Uint8Array(secret) : null;
  }

  async putSecretIfAbsent(name: string, wrapped: Uint8Array): Promise<Uint8Array> {
    this.#checkOpen();
    const secret = this.#secrets.get(name) ?? new Uint8Array(wrapped);
    this.#secrets.set(name, secret);
    return new Uint8Array(secret);
  }

  async putSecret(name: string, wrapped: Uint8Array): Promise<void> {
    this.#checkOpen();
    this.#secrets.set(name, new Uint8Array(wrapped));
  }

  async secretNames(): Promise<readonly string[]> {
    this.#checkOpen();
    return [...this.#secrets.keys()].sort();
  }

  async ping(): Promise<void> {
    this.#checkOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error('the key store is closed');
  }
}

function copy(stored: StoredSubjectKey): StoredSubjectKey {
  return 'wrapped' in stored ? { wrapped: new Uint8Array(stored.wrapped) } : stored;
}
