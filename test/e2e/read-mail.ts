/** A mail as a person would see it. */
export interface ReadMail {
  readonly to: string;
  readonly subject: string;
  /** All parts, decoded, one after the other. */
  readonly text: string;
  /** What stands behind `#token=` in its link; empty where there is none. */
  readonly token: string;
}

/** Reads a mail (RFC 5322, RFC 2045) as far as tests need it. */
export function readMail(raw: string): ReadMail {
  const [head = ''] = raw.split(/\r?\n\r?\n/, 1);
  const header = (name: string) => decodeWords((new RegExp(`^${name}:\\s*(.*(?:\\r?\\n[ \\t].*)*)`, 'im').exec(head)?.[1] ?? '').replace(/\r?\n[ \t]+/g, ' '));
  const boundary = /boundary="?([^"\s;]+)/i.exec(head)?.[1];
  // By the boundary that the mail names: a line of a body may begin with two hyphens as well, within a token too.
  const parts = (boundary === undefined ? [raw] : raw.split(new RegExp(`^--${boundary.replace(/[^\w-]/g, '\\$&')}(?:--)?[ \\t]*$`, 'm'))).map(decodePart);
  const text = parts.join('\n');
  return { to: header('To'), subject: header('Subject'), text, token: /#token=([\w-]+)/.exec(text)?.[1] ?? '' };
}

function decodePart(part: string): string {
  const [head = '', ...rest] = part.split(/\r?\n\r?\n/);
  const body = rest.join('\n\n');
  if (/transfer-encoding:\s*base64/i.test(head)) return Buffer.from(body, 'base64').toString('utf8');
  if (/transfer-encoding:\s*quoted-printable/i.test(head)) {
    const bytes = body.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(bytes, 'latin1').toString('utf8');
  }
  return body;
}

/** Encoded words of headers (RFC 2047). */
function decodeWords(header: string): string {
  return header.replace(/=\?utf-8\?([bq])\?([^?]*)\?=\s*/gi, (_, kind: string, text: string) => (kind.toLowerCase() === 'b'
    ? Buffer.from(text, 'base64').toString('utf8')
    : Buffer.from(text.replaceAll('_', ' ').replace(/=([0-9A-F]{2})/gi, (__, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1').toString('utf8')));
}
