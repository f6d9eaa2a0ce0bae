import { ROLE_DEFINITIONS, streamNames } from '@rolebook/access';
import { businessStream } from '@rolebook/businesses/read';
import type { ActionTokens } from '@rolebook/crypto';
import type { Streams } from '@rolebook/event-sourcing';
import type { DomainEvent, Recorded } from '@rolebook/kernel';
import { writeMessage, type Mail, type MessageData, type MessageKind } from '@rolebook/mail';
import type { SessionEvent } from '@rolebook/sessions/events';
import type { TwoFactorEvent } from '@rolebook/two-factor/events';
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

type Calling = UserEvent | TwoFactorEvent | SessionEvent;

/** Which events are followed by a mail, and which mail; `null` where it is no use any more. */
export const letters: { readonly [Type in Calling['type']]?: WriteLetter<Extract<Calling, { type: Type }>> } = {
  UserInvited: (desk, recorded) => invitation(desk, recorded, 'invitation', recorded.event.data.generation),
  InvitationResent: (desk, recorded) => invitation(desk, recorded, 'invitation-resent', recorded.event.data.generation),
  PasswordResetRequested: passwordReset,
  PasswordChanged: (desk, recorded) => accountChange(desk, recorded, 'password-changed'),
  PasswordReset: (desk, recorded) => accountChange(desk, recorded, 'password-changed'),
  TwoFactorEnabled: (desk, recorded) => accountChange(desk, recorded, 'two-factor-enabled'),
  TwoFactorDisabled: (desk, recorded) => accountChange(desk, recorded, 'two-factor-disabled'),
  TwoFactorReset: twoFactorReset,
  SessionStarted: newDevice,
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

/** What the owner of an account should know, whoever did it: it goes out whatever has happened since. */
async function accountChange(desk: Desk, recorded: Recorded<Calling>, kind: 'password-changed' | 'two-factor-enabled' | 'two-factor-disabled'): Promise<Mail | null> {
  return toOwner(desk, recorded, kind, async (known) => ({ at: recorded.recordedAt, ...known }));
}

async function twoFactorReset(desk: Desk, recorded: Recorded<Extract<Calling, { type: 'TwoFactorReset' }>>): Promise<Mail | null> {
  const { actor, businessId } = recorded.metadata;
  const administrator = actor.type === 'user' ? await userOf(desk, businessId, actor.id) : null;
  return toOwner(desk, recorded, 'two-factor-reset', async (known) => ({
    at: recorded.recordedAt, administratorName: administrator?.displayName ?? administrator?.email ?? '', verifiedBy: recorded.event.data.channel, ...known,
  }));
}

async function newDevice(desk: Desk, recorded: Recorded<Extract<Calling, { type: 'SessionStarted' }>>): Promise<Mail | null> {
  if (!recorded.event.data.newDevice) return null;
  return toOwner(desk, recorded, 'new-device', async (known) => ({ at: recorded.recordedAt, device: recorded.metadata.device ?? '', ip: recorded.metadata.ip ?? '', ...known }));
}

/** `null` where the person was erased: there is no address any more. */
async function toOwner<Kind extends MessageKind>(
  desk: Desk, recorded: Recorded<Calling>, kind: Kind, data: (known: { recipientName: string | null; businessName: string }) => Promise<MessageData[Kind]>,
): Promise<Mail | null> {
  const { businessId } = recorded.metadata;
  const user = await userOf(desk, businessId, recorded.event.data.userId);
  if (user.email === '') return null;
  return letter(desk, recorded, user, kind, await data({ recipientName: user.displayName, businessName: await businessName(desk, businessId) }));
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
