import { isUuid } from '@rolebook/kernel';

/**
 * The pictures of people. Each is personal data: kept sealed with the person's key, so that destroying the key erases it here and in every backup.
 * A picture is put under a new version before the event that names it; what a crash leaves in between is in nobody's way.
 */
export interface AvatarStore {
  /**
   * Durable when it resolves; again with the same version replaces.
   * @param version letters, digits, `-` and `_`, 64 at most
   * @throws {SubjectErased} where the person was erased @throws {AvatarStoreUnavailable}
   */
  put(businessId: string, userId: string, version: string, bytes: Uint8Array): Promise<void>;
  /** @returns `null` where there is none, or the person was erased. @throws {AvatarStoreUnavailable} */
  get(businessId: string, userId: string, version: string): Promise<Buffer | null>;
  /** No matter whether there is one. @throws {AvatarStoreUnavailable} */
  delete(businessId: string, userId: string, version: string): Promise<void>;
  /** Every version of the person, for erasure. @throws {AvatarStoreUnavailable} */
  deleteAll(businessId: string, userId: string): Promise<void>;
}

/** Where sealed pictures lie, as bytes that mean nothing to it. Every adapter passes `sealed-avatars.contract.ts`. */
export interface SealedAvatars {
  put(at: AvatarPlace, sealed: Uint8Array): Promise<void>;
  get(at: AvatarPlace): Promise<Buffer | null>;
  delete(at: AvatarPlace): Promise<void>;
  deleteAll(of: Pick<AvatarPlace, 'businessId' | 'userId'>): Promise<void>;
}

export interface AvatarPlace {
  readonly businessId: string;
  readonly userId: string;
  readonly version: string;
}

export class AvatarStoreUnavailable extends Error {
  override readonly name = 'AvatarStoreUnavailable';
  constructor(message: string, readonly retryAfterSeconds = 2, options?: ErrorOptions) {
    super(message, options);
  }
}

/** @throws {TypeError} for anything that could leave its place, such as `../`; nobody gets here with a path from outside */
export function checkPlace({ businessId, userId, version }: Omit<AvatarPlace, 'version'> & { readonly version?: string }): void {
  if (!isUuid(businessId) || !isUuid(userId)) throw new TypeError('a picture belongs to a business and a user, by their ids');
  if (version !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(version)) throw new TypeError('the version of a picture is of letters, digits, - and _');
}
