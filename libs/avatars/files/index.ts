export { AvatarFiles } from './avatar-files';
