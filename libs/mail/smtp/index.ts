export { SmtpMailer, type SmtpOptions } from './smtp-mailer';
export { parseSmtpUrl } from './smtp-url';
