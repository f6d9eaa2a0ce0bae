import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMail } from '../e2e/read-mail';

const PATIENCE_MS = 15_000;

/** The service's outgoing mails, as files: who has been sent which link. */
export class Outbox {
  private readonly seen = new Set<string>();
  private readonly tokens = new Map<string, string>();

  constructor(private readonly folder: string) {}

  /** The link in the newest mail to an address; `null` where none comes, for some seconds. */
  async linkTo(address: string, given: () => boolean = () => false): Promise<string | null> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      this.look();
      const token = this.tokens.get(address);
      if (token !== undefined) return token;
      if (performance.now() > until || given()) return null;
      await new Promise((done) => { setTimeout(done, 15); });
    }
  }

  private look(): void {
    if (!existsSync(this.folder)) return;
    for (const name of readdirSync(this.folder).sort()) {
      if (!name.endsWith('.eml') || this.seen.has(name)) continue;
      this.seen.add(name);
      const { to, token } = readMail(readFileSync(join(this.folder, name), 'utf8'));
      if (token !== '') this.tokens.set(/[^\s<]+@[^\s>]+/.exec(to)?.[0] ?? to, token);
    }
  }
}
