/** The languages mails are written in (BCP 47). */
export type MailLocale = 'en' | 'th';

/** One mail to one person, ready to go. */
export interface Mail {
  /** One address, `local-part@domain`, and nothing else. */
  readonly to: string;
  /** One line. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /**
   * RFC 5322 msg-id without its angle brackets, such as `invitation.0190-1@app.example`. The caller derives it from what the mail is about,
   * so that one sent again after a crash is known for the same.
   */
  readonly messageId: string;
  readonly locale: MailLocale;
}

/** Takes mails out of the house, at least once. Every adapter passes `mailer.contract.ts`. */
export interface Mailer {
  /**
   * Resolves when the other side has taken responsibility for the mail.
   * @throws {MailRejected} where this mail to this person will never go through
   * @throws {MailDeferred} where it may later, and others may now
   * @throws {MailUnavailable} where it may later, and others no sooner
   */
  send(mail: Mail): Promise<void>;
  /** Waits for the mails under way. Sending afterwards is `MailUnavailable`. */
  close(): Promise<void>;
}

/** This mail will not go through, however often it is tried: an address nobody has, or contents refused for good. */
export class MailRejected extends Error {
  override readonly name = 'MailRejected';
}

/** This mail did not go through now, which says nothing of others: greylisting, a full mailbox. Try again, and send others meanwhile. */
export class MailDeferred extends Error {
  override readonly name = 'MailDeferred';
}

/** The mail did not go through now: server away, busy, refusing us. Try again. */
export class MailUnavailable extends Error {
  override readonly name = 'MailUnavailable';
  constructor(message: string, readonly retryAfterSeconds = 30, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Who the mails come from. */
export interface Sender {
  /** Shown name, such as `JingjaiOps`. */
  readonly name: string;
  readonly address: string;
}
