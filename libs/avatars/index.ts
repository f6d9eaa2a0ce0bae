export { type AvatarStore, AvatarStoreUnavailable, type SealedAvatars } from './port';
export { AVATAR_MAX_BYTES, AVATAR_SIZE, processAvatar } from './process-avatar';
export { SealingAvatarStore } from './sealing-avatar-store';
