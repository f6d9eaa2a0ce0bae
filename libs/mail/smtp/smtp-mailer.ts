import { createTransport, type NodemailerError, type SMTPPoolSentMessageInfo, type SMTPPoolOptions, type Transporter } from 'nodemailer';
import { compose } from '../compose';
import { type Mail, MailDeferred, type Mailer, MailRejected, MailUnavailable, type Sender } from '../port';
import { parseSmtpUrl } from './smtp-url';

/** When to try again at the soonest: a server that is away may be back at any moment; one that says "not now" means it. */
const NO_ANSWER_SECONDS = 1;
const NOT_NOW_SECONDS = 30;
/** What is under way at the end has so long; what is cut off then goes out again after the next start. */
const CLOSING_MS = 5_000;

export interface SmtpOptions {
  /** See {@link parseSmtpUrl}. */
  readonly url: string;
  readonly from: Sender;
  /** PEM of the authority that vouches for the server, where it is none that Node knows. */
  readonly ca?: string;
  /** How long to wait for the server at each step. 10 seconds unless given. */
  readonly timeoutMilliseconds?: number;
}

/** Mails by SMTP (RFC 5321), over a few connections kept open while there is work. */
export class SmtpMailer implements Mailer {
  private readonly transport: Transporter<SMTPPoolSentMessageInfo, SMTPPoolOptions>;
  private readonly underWay = new Set<Promise<unknown>>();
  private closed = false;

  /** Does not connect yet. @throws {Error} where the URL is wrong, with a sentence that says what to do */
  constructor(private readonly options: SmtpOptions) {
    const wait = options.timeoutMilliseconds ?? 10_000;
    this.transport = createTransport({
      ...parseSmtpUrl(options.url),
      pool: true,
      maxConnections: 4,
      maxMessages: 100,
      // A connection that died while idle shows only when it is used: once more on a fresh one.
      maxRequeues: 1,
      idleTimeout: 30_000,
      connectionTimeout: wait,
      greetingTimeout: wait,
      dnsTimeout: wait,
      // A server may take longer to swallow a whole mail.
      socketTimeout: 3 * wait,
      tls: { minVersion: 'TLSv1.2', ...(options.ca && { ca: options.ca }) },
    });
    // A failure reaches whoever sends; what an idle connection dies of concerns nobody.
    this.transport.on('error', () => undefined);
  }

  async send(mail: Mail): Promise<void> {
    const content = compose(mail, this.options.from);
    if (this.closed) throw new MailUnavailable('the mailer is closed');
    const sending = this.transport.sendMail(content);
    this.underWay.add(sending);
    try {
      await sending;
    } catch (cause) {
      throw asMailError(cause);
    } finally {
      this.underWay.delete(sending);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => { timer = setTimeout(resolve, CLOSING_MS); });
    await Promise.race([Promise.allSettled(this.underWay), patience]);
    clearTimeout(timer);
    this.transport.close();
  }
}

/**
 * A reply is about this mail alone only where it answers the recipient or the contents: 5yz (RFC 5321, section 4.2.1) is final then, 4yz defers it.
 * To the greeting, the sign-in or the sender it speaks of us, and what is amiss with the set-up must not cost anybody a mail. 421 and 503 speak of
 * the conversation, 530-538 of signing in.
 */
function asMailError(cause: unknown): MailRejected | MailDeferred | MailUnavailable {
  const { responseCode, command, code } = cause as NodemailerError;
  const said = responseCode === undefined ? String(code ?? 'no answer') : `${responseCode} to ${command ?? 'the connection'}`;
  if (responseCode !== undefined && isAboutTheMail(responseCode, command)) {
    return responseCode < 500
      ? new MailDeferred(`the mail server puts the mail off: ${said}`, { cause })
      : new MailRejected(`the mail server refused the mail: ${said}`, { cause });
  }
  return new MailUnavailable(`the mail server did not take the mail: ${said}`, responseCode === undefined ? NO_ANSWER_SECONDS : NOT_NOW_SECONDS, { cause });
}

function isAboutTheMail(responseCode: number, command: string | undefined): boolean {
  const aboutUs = responseCode === 421 || responseCode === 503 || (responseCode >= 530 && responseCode <= 538);
  return !aboutUs && (command === 'RCPT TO' || command === 'DATA');
}
