import type { SMTPPoolOptions } from 'nodemailer';

export type SmtpServer = Pick<SMTPPoolOptions, 'host' | 'port' | 'secure' | 'requireTLS' | 'auth'>;

const WRONG = 'SMTP_URL must look like smtps://user:password@mail.example:465, smtp+starttls://user:password@mail.example:587 or smtp://127.0.0.1:25';
const SHAPE = /^(smtp|smtps|smtp\+starttls):\/\/[^\s/?#]+\/?$/;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * `smtps://` speaks TLS from the first byte (port 465), `smtp+starttls://` insists on STARTTLS (587),
 * `smtp://` takes STARTTLS where it is offered (587) - and insists on it where a password would cross a network (RFC 8314, section 3).
 * User and password are percent-encoded.
 * @throws {Error} with a sentence that says what to do, and never the URL, for it holds the password
 */
export function parseSmtpUrl(text: string): SmtpServer {
  if (!SHAPE.test(text) || !URL.canParse(text)) throw new Error(WRONG);
  const url = new URL(text);
  if (!url.username !== !url.password) throw new Error('SMTP_URL has a user without a password, or the other way round');
  const secure = url.protocol === 'smtps:';
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port ? Number(url.port) : secure ? 465 : 587,
    secure,
    requireTLS: url.protocol === 'smtp+starttls:' || (!secure && url.username !== '' && !LOOPBACK.test(url.hostname)),
    ...(url.username && { auth: { user: decode(url.username), pass: decode(url.password) } }),
  };
}

function decode(component: string): string {
  try {
    return decodeURIComponent(component);
  } catch {
    throw new Error('SMTP_URL: user and password must be percent-encoded, such as %40 for @ and %25 for %');
  }
}
