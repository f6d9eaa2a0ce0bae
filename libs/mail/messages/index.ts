import type { MailLocale } from '../port';
import { english } from './english';
import { htmlOf, textOf } from './layout';
import type { Letter, Letters, MessageData, MessageKind } from './letter';
import { toText } from './phrase';
import { thai } from './thai';

export type { AccountChangeData, InvitationData, MessageData, MessageKind, NewDeviceData, PasswordResetData, TwoFactorResetData } from './letter';
export { PASSWORD_RESET_MINUTES } from './letter';

/** What a message says, ready for {@link Mail}. */
export interface MessageContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const LETTERS: Readonly<Record<MailLocale, Letters>> = { en: english, th: thai };

/**
 * Writes a message in the recipient's language, as text and as HTML. Pure. Names and other foreign values may hold anything:
 * they are put on one line, escaped, and kept from reordering or linking.
 * @throws {TypeError} where a token or the web URL could not stand in a link
 */
export function writeMessage<Kind extends MessageKind>(kind: Kind, locale: MailLocale, data: MessageData[Kind]): MessageContent {
  const write: (data: MessageData[Kind]) => Letter = LETTERS[locale][kind];
  const letter = write(data);
  return { subject: toText(letter.subject), text: textOf(letter), html: htmlOf(letter, locale) };
}
