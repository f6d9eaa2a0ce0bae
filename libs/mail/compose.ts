import { type Mail, MailRejected, type Sender } from './port';
import type { SendMailOptions } from 'nodemailer';
import { encodeWord } from 'nodemailer/lib/mime-funcs';

// One plain address: nothing that could end a header, add a recipient or leave the envelope's brackets.
const ADDRESS = /^[^\s\p{C}@,;:<>()[\]"\\]{1,64}@[^\s\p{C}@,;:<>()[\]"\\]{1,253}$/u;
const MESSAGE_ID = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,160}@[A-Za-z0-9.-]{1,80}$/;
const LINE_ENDING = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

/**
 * What nodemailer is to build: RFC 5322 message, `multipart/alternative`, encoded for 7-bit ways.
 * @throws {MailRejected} where the address, subject or message id could break out of its header
 */
export function compose(mail: Mail, from: Sender): SendMailOptions {
  if (!ADDRESS.test(mail.to)) throw new MailRejected('the recipient is not one plain address');
  if (mail.subject.trim() === '' || LINE_ENDING.test(mail.subject)) throw new MailRejected('the subject is not one line of text');
  if (!MESSAGE_ID.test(mail.messageId)) throw new MailRejected('the message id is not of the form id@domain');
  // Thai needs nine bytes a letter as quoted-printable and four as base64.
  const contentTransferEncoding = mail.locale === 'th' ? 'base64' : 'quoted-printable';
  return {
    from: { name: from.name, address: from.address },
    to: { name: '', address: mail.to },
    envelope: { from: from.address, to: [mail.to] },
    messageId: `<${mail.messageId}>`,
    // Somebody's name may look like an encoded word (RFC 2047), which would be shown as what it hides.
    subject: mail.subject.includes('=?') ? encodeWord(mail.subject, 'B', 52) : mail.subject,
    // RFC 3834: keeps holiday answers away. RFC 3282: the language.
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': mail.locale },
    text: { content: mail.text, contentTransferEncoding },
    html: { content: mail.html, contentTransferEncoding },
    // Contents are ours alone; without these a crafted value could make nodemailer read a file or a URL.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/**
 * A configured sender. @throws {Error} with a sentence for whoever configured it
 * @param text `Name <address>` or an address
 */
export function parseSender(text: string): Sender {
  const [, name = '', address = ''] = /^\s*"?([^"<>]*?)"?\s*<([^<>]+)>\s*$/.exec(text) ?? [null, 'JingjaiOps', text.trim()];
  if (!ADDRESS.test(address) || LINE_ENDING.test(name)) throw new Error('the mail sender must look like "JingjaiOps <no-reply@example.com>" or "no-reply@example.com"');
  return { name, address };
}
