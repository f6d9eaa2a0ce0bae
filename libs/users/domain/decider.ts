import { unreachable, type Decider } from '@rolebook/kernel';
import type { UserCommand } from './commands';
import type { UserEvent } from './events';
import { abandonInvitation, acceptInvitation, invite, resendInvitation, withdrawInvitation } from './invitation.decider';
import { confirmSuperAdmin, deactivate, erase, reactivate, registerOwner } from './lifecycle.decider';
import { changeOverrides, changeRole } from './permissions.decider';
import { changeAvatar, editProfile } from './profile.decider';
import { changePassword, requestPasswordReset, resetPassword, revokeSessions } from './sign-in.decider';
import { evolveUser, noUser, type UserState } from './state';

/** What may happen to a user (product.md, sections 1 to 5), and who may make it happen (section 3). */
export const userDecider: Decider<UserCommand, UserState, UserEvent> = { initialState: noUser, decide, evolve: evolveUser };

function decide(command: UserCommand, user: UserState): readonly UserEvent[] {
  switch (command.type) {
    case 'Invite': return invite(command, user);
    case 'ResendInvitation': return resendInvitation(command, user);
    case 'WithdrawInvitation': return withdrawInvitation(command, user);
    case 'AbandonInvitation': return abandonInvitation(command, user);
    case 'AcceptInvitation': return acceptInvitation(command, user);

    case 'EditProfile': return editProfile(command, user);
    case 'ChangeAvatar': return changeAvatar(command, user);

    case 'ChangeRole': return changeRole(command, user);
    case 'ChangeOverrides': return changeOverrides(command, user);

    case 'RegisterOwner': return registerOwner(command, user);
    case 'Deactivate': return deactivate(command, user);
    case 'Reactivate': return reactivate(command, user);
    case 'Erase': return erase(command, user);
    case 'ConfirmSuperAdmin': return confirmSuperAdmin(command, user);

    case 'ChangePassword': return changePassword(command, user);
    case 'RequestPasswordReset': return requestPasswordReset(command, user);
    case 'ResetPassword': return resetPassword(command, user);
    case 'RevokeSessions': return revokeSessions(command, user);

    default: return unreachable(command);
  }
}
