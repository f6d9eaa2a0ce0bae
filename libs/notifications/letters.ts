import { ROLE_DEFINITIONS, streamNames } from '@rolebook/access';
import { businessStream } from '@rolebook/businesses/read';
import type { ActionTokens } from '@rolebook/crypto';
import type { Streams } from '@rolebook/event-sourcing';
import type { DomainEvent, Recorded } from '@rolebook/kernel';
import { writeMessage, type Mail, type MessageData, type MessageKind } from '@rolebook/mail';
import type { UserEvent } from '@rolebook/users/events';
import { userStream, type UserState } from '@rolebook/users/read';

/** What letters are written with. */
export interface Desk {
  readonly streams: Streams;
  readonly tokens: ActionTokens;
  /** Where the frontend lives; links begin with it. */
  readonly webUrl: string;
  /** The domain in Message-IDs. */
  readonly domain: string;
}

type WriteLetter<Event extends DomainEvent> = (desk: Desk, recorded: Recorded<Event>) => Promise<Mail | null>;

/** Which events are followed by a mail, and which mail; `null` where it is no use any more. */
export const letters: { readonly [Type in UserEvent['type']]?: WriteLetter<Extract<UserEvent, { type: Type }>> } = {
  UserInvited: (desk, recorded) => invitation(desk, recorded, 'invitation', recorded.event.data.generation),
  InvitationResent: (desk, recorded) => invitation(desk, recorded, 'invitation-resent', recorded.event.data.generation),
  PasswordResetRequested: passwordReset,
};

async function invitation(desk: Desk, recorded: Recorded, kind: 'invitation' | 'invitation-resent', generation: number): Promise<Mail | null> {
  const { businessId, actor } = recorded.metadata;
  const userId = recorded.event.data.userId as string;
  const user = await userOf(desk, businessId, userId);
  if (user.status !== 'invited' || user.invitation?.generation !== generation) return null; // withdrawn, or sent again since
  const inviter = actor.type === 'user' ? await userOf(desk, businessId, actor.id) : null;
  return letter(desk, recorded, user, kind, {
    recipientName: user.displayName, businessName: await businessName(desk, businessId), inviterName: inviter?.displayName ?? inviter?.email ?? '',
    roleLabel: ROLE_DEFINITIONS.find(({ role }) => role === user.role)?.label ?? user.role, expiresAt: user.invitation.expiresAt,
    webUrl: desk.webUrl, token: desk.tokens.issue('invitation', { businessId, userId, generation }),
  });
}

async function passwordReset(desk: Desk, recorded: Recorded<Extract<UserEvent, { type: 'PasswordResetRequested' }>>): Promise<Mail | null> {
  const { businessId } = recorded.metadata;
  const { userId, generation, expiresAt } = recorded.event.data;
  const user = await userOf(desk, businessId, userId);
  if (user.status !== 'active' || user.passwordReset.generation !== generation || user.passwordReset.expiresAt === null) return null;
  return letter(desk, recorded, user, 'password-reset', {
    recipientName: user.displayName, businessName: await businessName(desk, businessId), webUrl: desk.webUrl,
    token: desk.tokens.issue('password-reset', { businessId, userId, generation, expiresAt: Date.parse(expiresAt) }),
  });
}

/** A letter to a user, under an id that is the same for the same event. */
export function letter<Kind extends MessageKind>(desk: Desk, recorded: Recorded, user: UserState, kind: Kind, data: MessageData[Kind]): Mail {
  return { to: user.email, messageId: `${kind}.${recorded.id}@${desk.domain}`, locale: user.locale, ...writeMessage(kind, user.locale, data) };
}

export async function userOf({ streams }: Desk, businessId: string, userId: string): Promise<UserState> {
  return (await streams.load(userStream, streamNames.user(businessId, userId))).state;
}

export async function businessName({ streams }: Desk, businessId: string): Promise<string> {
  return (await streams.load(businessStream, streamNames.business(businessId))).state.name;
}
