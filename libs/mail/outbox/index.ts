export { OutboxMailer, type OutboxOptions } from './outbox-mailer';
