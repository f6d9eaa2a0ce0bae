import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Surprise } from './client';

/** Reads the activation link's token from the newest mail to an address, as the person would. @throws {Surprise} where none comes */
export async function linkFor(outbox: string, address: string): Promise<string> {
  for (let i = 0; i < 250; i++) {
    const files = existsSync(outbox) ? readdirSync(outbox).filter((file) => file.endsWith('.eml')).sort().reverse() : [];
    for (const file of files) {
      const mail = readFileSync(join(outbox, file), 'utf8');
      const token = mail.toLowerCase().includes(`to: ${address.toLowerCase()}`) ? /#token=([\w-]+)/.exec(bodies(mail))?.[1] : undefined;
      if (token) return token;
    }
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  throw new Surprise(`no mail to ${address} in ${outbox}`);
}

/** The parts of a mail in plain text: quoted-printable and base64 undone (RFC 2045). */
function bodies(mail: string): string {
  const quoted = mail.replace(/=\r?\n/g, '').replace(/=3D/g, '=');
  const encoded = [...mail.matchAll(/base64\r?\n(?:[\w-]+:.*\r?\n)*\r?\n([A-Za-z0-9+/=\r\n]+)/gi)].map(([, text = '']) => Buffer.from(text, 'base64').toString('utf8'));
  return [quoted, ...encoded].join('\n');
}
