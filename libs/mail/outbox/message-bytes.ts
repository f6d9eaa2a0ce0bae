import * as base64 from 'nodemailer/lib/base64';
import MailComposer from 'nodemailer/lib/mail-composer';
import type MimeNode from 'nodemailer/lib/mime-node';
import * as quotedPrintable from 'nodemailer/lib/qp';
import type { SendMailOptions } from 'nodemailer';

/**
 * A message whose contents are all texts in memory, with the line ends of RFC 5322: what nodemailer's `build` makes of it, made of the same parts
 * and at once. That one sends each part through a handful of streams, for contents that come from files and networks, and takes ten times as long.
 */
export function messageBytes(options: SendMailOptions): Buffer {
  return bytesOf(new MailComposer(options).compile());
}

export function bytesOf(message: MimeNode): Buffer {
  return Buffer.from(textOf(message).replaceAll(/(?<!\r)\n/g, '\r\n'), 'latin1');
}

/** Headers and bodies are ASCII: encoded words (RFC 2047), and the transfer encodings below. */
function textOf(node: MimeNode): string {
  const headers = node.buildHeaders(); // also chooses the boundary
  if (!node.multipart) return `${headers}\r\n\r\n${encoded(node)}`;
  const parts = node.childNodes.map((child) => `--${node.boundary}\r\n${textOf(child)}`);
  return `${headers}\r\n\r\n${parts.join('\r\n')}\r\n--${node.boundary}--\r\n`;
}

/** @throws {TypeError} for what is no text in memory, or not encoded for 7-bit ways */
function encoded(node: MimeNode): string {
  const { content } = node;
  if (typeof content !== 'string') throw new TypeError('a part of a mail is a text');
  switch (node.getTransferEncoding()) {
    case 'base64': return base64.wrap(base64.encode(content));
    case 'quoted-printable': return quotedPrintable.wrap(quotedPrintable.encode(content));
    default: throw new TypeError('a part of a mail is in base64 or quoted-printable');
  }
}
