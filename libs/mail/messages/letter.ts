import type { Phrase } from './phrase';

/** What a message says, before it is text or HTML. */
export interface Letter {
  readonly subject: Phrase;
  readonly title: Phrase;
  readonly greeting: Phrase;
  readonly body: readonly Phrase[];
  /** The one thing to do. */
  readonly action?: { readonly label: string; readonly url: string };
  /** Facts, each a label and a value. */
  readonly facts?: readonly { readonly label: string; readonly value: Phrase }[];
  readonly notes: readonly Phrase[];
  readonly closing: readonly string[];
}

interface ToSomebody {
  /** `null` where the name is not known yet. */
  readonly recipientName: string | null;
  readonly businessName: string;
}
interface WithLink {
  /** Where the frontend lives, such as `https://app.example`. Never from a request. */
  readonly webUrl: string;
  /** URL-safe, unpadded. */
  readonly token: string;
}
interface At {
  /** RFC 3339. */
  readonly at: string;
}

export interface InvitationData extends ToSomebody, WithLink {
  readonly inviterName: string;
  /** As people know the role, such as `Crew`. */
  readonly roleLabel: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}
export type PasswordResetData = ToSomebody & WithLink;
export interface NewDeviceData extends ToSomebody, At {
  /** Such as `Chrome on macOS`. */
  readonly device: string;
  readonly ip: string;
}
export type AccountChangeData = ToSomebody & At;
export interface TwoFactorResetData extends ToSomebody, At {
  readonly administratorName: string;
  /** How the administrator made sure who was asking. */
  readonly verifiedBy: 'phone' | 'video';
}

/** Every message of the house, and what each needs to be written. */
export interface MessageData {
  'invitation': InvitationData;
  'invitation-resent': InvitationData;
  'password-reset': PasswordResetData;
  'new-device': NewDeviceData;
  'password-changed': AccountChangeData;
  'two-factor-enabled': AccountChangeData;
  'two-factor-disabled': AccountChangeData;
  'two-factor-reset': TwoFactorResetData;
}
export type MessageKind = keyof MessageData;

/** One language: how each message reads. */
export type Letters = { readonly [Kind in MessageKind]: (data: MessageData[Kind]) => Letter };

/** How long a password-reset link works, as the mails say it. */
export const PASSWORD_RESET_MINUTES = 30;

/** The link of an invitation. The token stands behind `#`, so that no server, proxy or `Referer` ever sees it. */
export const activationUrl = (data: WithLink): string => link(data, 'activate');
export const passwordResetUrl = (data: WithLink): string => link(data, 'reset-password');

function link({ webUrl, token }: WithLink, page: string): string {
  if (!/^[\w-]+$/.test(token)) throw new TypeError('a token in a link must be URL-safe');
  if (!/^https?:\/\/[^\s"'<>#?]+$/.test(webUrl)) throw new TypeError('the web URL must be an http(s) URL without query');
  return `${webUrl.replace(/\/+$/, '')}/${page}#token=${token}`;
}
