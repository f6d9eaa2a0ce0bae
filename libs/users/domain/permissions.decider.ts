import { defaultPermissions, effectivePermissions, MODULES, requireHoldsWhatIsGranted, requireSettings, requireSomebodyElse, type Person } from '@rolebook/access';
import type { ChangeOverrides, ChangeRole } from './commands';
import { refusals } from './errors';
import type { UserEvent } from './events';
import { differingFromDefaults } from './invitation.decider';
import { requireExists } from './preconditions';
import { permissionsOf, type UserState } from './state';

/** product.md, sections 2 and 3: role management, with Settings at manage and never one's own. */
export function changeRole(command: ChangeRole, user: UserState): readonly UserEvent[] {
  requireRoleManagement(command.by, user);
  if (command.role === user.role) return [];
  const kept = command.keepOverrides && command.role !== 'super-admin' ? differingFromDefaults(command.role, user.overrides) : {};
  const removedOverrides = Object.fromEntries(Object.entries(user.overrides).filter(([module]) => !(module in kept)));
  requireHoldsWhatIsGranted(command.by, permissionsOf(user), effectivePermissions(command.role, kept));
  return [{ type: 'RoleChanged', data: { userId: user.id, from: user.role, to: command.role, removedOverrides, reason: command.reason } }];
}

/** One event a module that changes. */
export function changeOverrides(command: ChangeOverrides, user: UserState): readonly UserEvent[] {
  requireRoleManagement(command.by, user);
  const before = permissionsOf(user);
  const defaults = defaultPermissions(user.role);
  const events: UserEvent[] = [];
  const after = { ...before };
  for (const module of MODULES) {
    const wanted = command.overrides[module];
    if (wanted === undefined) continue;
    const to = wanted ?? defaults[module];
    after[module] = to;
    if (to === before[module]) continue;
    if (user.role === 'super-admin') throw refusals.superAdminNotOverridden();
    const type = to === defaults[module] ? 'PermissionOverrideRemoved' as const : 'PermissionOverridden' as const;
    events.push({ type, data: { userId: user.id, module, from: before[module], to, reason: command.reason } });
  }
  requireHoldsWhatIsGranted(command.by, before, after);
  return events;
}

function requireRoleManagement(by: Person, user: UserState): void {
  requireExists(user);
  requireSettings(by, 'manage');
  requireSomebodyElse(by, user.id, 'change their own role or overrides');
  if (user.status === 'erased' || user.status === 'invitation-withdrawn') throw refusals.notActive();
}
