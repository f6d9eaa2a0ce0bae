export { MongoAvatars } from './mongo-avatars';
