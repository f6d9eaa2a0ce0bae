import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ListSuperAdmin, WithdrawSuperAdmin } from '@rolebook/businesses/write';
import type { CommandContext, Snapshot } from '@rolebook/event-sourcing';
import type { UserCommand } from '../domain/commands';
import { isActiveSuperAdmin, type UserState } from '../domain/state';
import { UserStreams, type UserOutcome } from './user-streams';

/**
 * Keeps the list of Super Admins in the business's stream a subset of the truth: withdrawn there before somebody stops being one,
 * granted there after somebody has become one. So the last one cannot go, whatever races and whatever dies half-way.
 *
 * Both writes name the revision of the person's stream they rest on. A person is withdrawn at the very revision that the change is
 * then appended after; whoever saw them as a Super Admin at that revision, or before, comes too late to list them again.
 */
@Injectable()
export class SuperAdmins {
  constructor(private readonly users: UserStreams, private readonly commands: CommandBus) {}

  /** Carries out a command that may make a person an active Super Admin, or stop them from being one. @throws {DomainError} `last-super-admin` */
  async change(context: CommandContext, userId: string, command: UserCommand): Promise<UserOutcome> {
    let withdrawn = false;
    try {
      const outcome = await this.users.execute(context, userId, command, {
        beforeAppend: async ({ before, after }) => {
          if (!isActiveSuperAdmin(before.state) || isActiveSuperAdmin(after.state)) return;
          await this.commands.execute(new WithdrawSuperAdmin(context, userId, before.revision));
          withdrawn = true;
        },
      });
      await this.reconcile(context, outcome);
      return outcome;
    } catch (error) {
      if (withdrawn) await this.reconcile(context, await this.users.load(context, userId));
      throw error;
    }
  }

  /**
   * Lists a person who is an active Super Admin and is not listed: newly made one, or left over by a change that was not carried out.
   * Another change on its way may have withdrawn them at this very revision; raising the revision sends it back to decide again.
   */
  async reconcile(context: CommandContext, user: Snapshot<UserState>): Promise<void> {
    if (!isActiveSuperAdmin(user.state) || (await this.list(context, user))) return;
    const confirmed = await this.users.execute(context.apart('confirm'), user.state.id, { type: 'ConfirmSuperAdmin' }, { decideAfresh: true });
    if (isActiveSuperAdmin(confirmed.state)) await this.list(context, confirmed);
  }

  private async list(context: CommandContext, { state, revision }: Snapshot<UserState>): Promise<boolean> {
    const { state: business } = await this.commands.execute(new ListSuperAdmin(context, state.id, revision));
    return business.superAdmins.includes(state.id);
  }
}
