export { OutboxMailer, type OutboxOptions } from './outbox-mailer';
export { removeFromOutbox } from './remove-from-outbox';
