/** What can be done with users. */
import { AcceptInvitationHandler } from './use-cases/accept-invitation';
import { ChangeAvatarHandler } from './use-cases/change-avatar';
import { ChangeOverridesHandler } from './use-cases/change-overrides';
import { ChangePasswordHandler } from './use-cases/change-password';
import { ChangeRoleHandler } from './use-cases/change-role';
import { DeactivateUserHandler } from './use-cases/deactivate-user';
import { EditProfileHandler } from './use-cases/edit-profile';
import { EmailAddresses } from './use-cases/email-addresses';
import { EraseUserHandler } from './use-cases/erase-user';
import { InvitationMails } from './use-cases/invitation-mails';
import { InviteUserHandler } from './use-cases/invite-user';
import { ReactivateUserHandler } from './use-cases/reactivate-user';
import { RegisterOwnerHandler } from './use-cases/register-owner';
import { ResendInvitationHandler } from './use-cases/resend-invitation';
import { RevokeSessionsHandler } from './use-cases/revoke-sessions';
import { SuperAdmins } from './use-cases/super-admins';
import { UserStreams } from './use-cases/user-streams';
import { WithdrawInvitationHandler } from './use-cases/withdraw-invitation';

export { AcceptInvitation } from './use-cases/accept-invitation';
export { ChangeAvatar } from './use-cases/change-avatar';
export { ChangeOverrides } from './use-cases/change-overrides';
export { ChangePassword } from './use-cases/change-password';
export { ChangeRole } from './use-cases/change-role';
export { DeactivateUser } from './use-cases/deactivate-user';
export { EditProfile } from './use-cases/edit-profile';
export { EraseUser } from './use-cases/erase-user';
export { InviteUser } from './use-cases/invite-user';
export { ReactivateUser } from './use-cases/reactivate-user';
export { RegisterOwner } from './use-cases/register-owner';
export { ResendInvitation } from './use-cases/resend-invitation';
export { RevokeSessions } from './use-cases/revoke-sessions';
export { WithdrawInvitation } from './use-cases/withdraw-invitation';
export { EmailAddresses, SuperAdmins, UserStreams };
export type { UserOutcome } from './use-cases/user-streams';
export { refusals as userRefusals } from './domain/errors';
export { sessionStands, type UserState } from './domain/state';
export { parseEmailAddress, type EmailAddress } from './domain/values';

/** Everything the composition must provide. */
export const usersWriteProviders = [
  EmailAddresses, InvitationMails, SuperAdmins, UserStreams, AcceptInvitationHandler, ChangeAvatarHandler, ChangeOverridesHandler, ChangePasswordHandler, ChangeRoleHandler, DeactivateUserHandler,
  EditProfileHandler, EraseUserHandler, InviteUserHandler, ReactivateUserHandler, RegisterOwnerHandler, ResendInvitationHandler, RevokeSessionsHandler, WithdrawInvitationHandler,
];
