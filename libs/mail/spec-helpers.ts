import type { Mail } from './port';

export interface ReceivedMail {
  /** Unfolded, decoded (RFC 2047), by lower-case name; a repeated header is an array of more than one. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly to: string;
  readonly subject: string;
  readonly messageId: string;
  readonly text: string;
  readonly html: string;
  readonly raw: string;
}

/** Reads a mail the way a mail program does: RFC 5322, RFC 2047, multipart/alternative, transfer encodings. */
export function readMail(raw: string): ReceivedMail {
  const { headers, body } = split(raw);
  const boundary = /boundary="([^"]+)"/.exec(one(headers, 'content-type'))?.[1] ?? '';
  const parts = body.split(`--${boundary}`).slice(1, -1).map((part) => split(part.replace(/^\r\n/, '')));
  const part = (type: string): string => {
    const [found, ...more] = parts.filter((p) => one(p.headers, 'content-type').startsWith(type));
    if (!found || more.length > 0) throw new Error(`not exactly one ${type} part`);
    return decode(found.body.replace(/\r\n$/, ''), one(found.headers, 'content-transfer-encoding')).replaceAll('\r\n', '\n');
  };
  return { headers, to: one(headers, 'to'), subject: one(headers, 'subject'), messageId: one(headers, 'message-id'), text: part('text/plain'), html: part('text/html'), raw };
}

function split(raw: string) {
  const end = raw.indexOf('\r\n\r\n');
  const headers = new Map<string, string[]>();
  for (const line of raw.slice(0, end).replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const [, name = '', value = ''] = /^([!-9;-~]+):\s*(.*)$/.exec(line) ?? [];
    if (!name) throw new Error(`no header: ${JSON.stringify(line)}`);
    headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), decodeWords(value)]);
  }
  return { headers, body: raw.slice(end + 4) };
}

function one(headers: ReadonlyMap<string, readonly string[]>, name: string): string {
  const values = headers.get(name) ?? [];
  if (values.length !== 1) throw new Error(`${values.length} headers ${name}`);
  return values[0] ?? '';
}

function decodeWords(value: string): string {
  return value.replace(/\?=\s+=\?/g, '?==?').replace(/(?:=\?utf-8\?[bq]\?[^?]*\?=)+/gi, (words) =>
    Buffer.concat([...words.matchAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi)].map(([, kind = '', text = '']) =>
      (kind.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : quotedPrintable(text.replaceAll('_', ' '))))).toString());
}

function decode(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString();
  return encoding === 'quoted-printable' ? quotedPrintable(body).toString() : body;
}

function quotedPrintable(text: string): Buffer {
  const bytes = text.replace(/[ \t]+$/gm, '').replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

/** A quick reader, as scripts use: no MIME, just soft line breaks and base64 blocks undone. A mail must be plain enough for it. */
export function skim(raw: string): { to: string; subject: string; token: string | undefined } {
  const header = (name: string) => (new RegExp(`^${name}:\\s*(.*(?:\\r?\\n[ \\t].*)*)`, 'im').exec(raw)?.[1] ?? '').replace(/\r?\n[ \t]+/g, ' ');
  const plain = raw.replace(/=\r?\n/g, '').replace(/=3D/g, '=');
  const blocks = [...raw.matchAll(/base64\r?\n\r?\n([A-Za-z0-9+/=\r\n]+)/g)].map((block) => Buffer.from(block[1] ?? '', 'base64').toString());
  return { to: header('To'), subject: header('Subject'), token: /#token=([\w.~%-]+)/.exec([plain, ...blocks].join('\n'))?.[1] };
}

export function aMail(changes: Partial<Mail> = {}): Mail {
  return {
    to: 'ann@biz.example',
    subject: 'Join Siam Cranes',
    text: 'Hello\n',
    html: '<p>Hello</p>\n',
    messageId: 'invitation.0190a1b2-1@app.example',
    locale: 'en',
    ...changes,
  };
}
