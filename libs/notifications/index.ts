export { letters, type Desk } from './letters';
export { MailFollower } from './mail-follower';
