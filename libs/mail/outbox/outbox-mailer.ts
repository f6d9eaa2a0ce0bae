import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, opendir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compose } from '../compose';
import { type Mail, type Mailer, MailUnavailable, type Sender } from '../port';
import { messageBytes } from './message-bytes';

export interface OutboxOptions {
  /** Made where missing, for its owner alone. */
  readonly folder: string;
  readonly from: Sender;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const NAME = /^(\d{8}T\d{9}Z)-(\d{6})-[\w-]*?([0-9a-f]{16})\.eml$/;
/** How many of the last mails are remembered, to know one that is sent again after a crash. */
const REMEMBERED = 10_000;

/**
 * Mails as files, where no SMTP server is configured: `<folder>/20261124T094501123Z-000000-<message id>-<its hash>.eml`.
 * Names sort in the order of sending: within a millisecond by the number, and after a restart or a clock set back
 * they go on from the last name there. A file is there whole or not at all, and read by its owner only: it holds links.
 * One process writes to a folder.
 */
export class OutboxMailer implements Mailer {
  private last = '';
  private sequence = 0;
  /** Hashes of the message ids already written, oldest first. */
  private readonly written = new Map<string, Promise<void>>();
  private opened: Promise<void> | null = null;
  private closed = false;

  constructor(private readonly options: OutboxOptions) {}

  async send(mail: Mail): Promise<void> {
    const content = compose(mail, this.options.from);
    if (this.closed) throw new MailUnavailable('the outbox is closed');
    try {
      await (this.opened ??= this.openFolder());
      const hash = createHash('sha256').update(mail.messageId).digest('hex').slice(0, 16);
      await this.once(hash, async () => {
        const name = `${this.nextMoment()}-${mail.messageId.replace(/[^\w-]+/g, '-').slice(0, 80)}-${hash}.eml`;
        await this.writeWhole(name, messageBytes(content));
      });
    } catch (cause) {
      // Looked at afresh next time: somebody may have removed the folder, or given us the right to it.
      this.opened = null;
      throw new MailUnavailable(`the outbox folder ${this.options.folder} cannot be written`, 5, { cause });
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.written.values());
  }

  /** Does the work unless it was done for this hash; one that failed may be done again. */
  private async once(hash: string, work: () => Promise<void>): Promise<void> {
    let done = this.written.get(hash);
    if (done === undefined) {
      done = work();
      this.written.set(hash, done);
      done.catch(() => this.written.delete(hash));
      this.forgetOldest();
    }
    await done;
  }

  private forgetOldest(): void {
    const oldest = this.written.size > REMEMBERED ? this.written.keys().next() : undefined;
    if (oldest && !oldest.done) this.written.delete(oldest.value);
  }

  /** Time and number of the next mail: greater than any before, as text too. */
  private nextMoment(): string {
    const now = new Date(this.options.now()).toISOString().replace(/[-:.]/g, '');
    this.sequence = now > this.last ? 0 : this.sequence + 1;
    if (now > this.last) this.last = now;
    return `${this.last}-${String(this.sequence).padStart(6, '0')}`;
  }

  private async writeWhole(name: string, bytes: Buffer): Promise<void> {
    const draft = join(this.options.folder, `.${randomBytes(8).toString('hex')}.draft`);
    try {
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(draft, join(this.options.folder, name));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  /** Learns from the names that are there where to go on, in memory bounded by what is remembered. */
  private async openFolder(): Promise<void> {
    await mkdir(this.options.folder, { recursive: true, mode: 0o700 });
    let names: string[] = [];
    for await (const { name } of await opendir(this.options.folder)) {
      if (NAME.test(name)) names.push(name);
      if (names.length > 3 * REMEMBERED) names = names.sort().slice(-REMEMBERED);
    }
    for (const name of names.sort().slice(-REMEMBERED)) {
      const [, moment = '', sequence = '', hash = ''] = NAME.exec(name) ?? [];
      if (moment >= this.last) [this.last, this.sequence] = [moment, Number(sequence)];
      if (!this.written.has(hash)) this.written.set(hash, Promise.resolve());
    }
  }
}
