import type { Level, Module, Overrides, Role } from '@rolebook/access';
import { given } from '@rolebook/kernel/spec-helpers';
import { userDecider } from './decider';
import type { UserEvent } from './events';
import { active, admin, auditor, herself, histories, invited, keyKeeper, owner, superAdmin, USER } from './spec-helpers';

const user = (...history: UserEvent[]) => given(userDecider, ...history);

describe('changing a role', () => {
  const changed = (from: Role, to: Role, removedOverrides: Overrides = {}): UserEvent => ({ type: 'RoleChanged', data: { userId: USER, from, to, removedOverrides, reason: 'new job' } });
  const change = (role: Role, over: { keepOverrides?: boolean; by?: typeof superAdmin } = {}) =>
    ({ type: 'ChangeRole', by: superAdmin, role, keepOverrides: false, reason: 'new job', ...over } as const);

  it('tells the old role, the new one, and why', () => {
    user(...active('sales')).when(change('billing')).then([changed('sales', 'billing')]);
  });

  it('removes overrides, and says which', () => {
    user(...active('crew', { quotes: 'write', invoices: 'read' })).when(change('sales')).then([changed('crew', 'sales', { quotes: 'write', invoices: 'read' })]);
  });

  it('keeps them where the request says so, but for those that the new role makes pointless', () => {
    user(...active('crew', { quotes: 'manage', invoices: 'write' })).when(change('sales', { keepOverrides: true })).then([changed('crew', 'sales', { quotes: 'manage' })]);
  });

  it('keeps none on a Super Admin, who cannot be overridden', () => {
    user(...active('crew', { invoices: 'read' })).when(change('super-admin', { keepOverrides: true })).then([changed('crew', 'super-admin', { invoices: 'read' })]);
  });

  it.each(['invited', 'active', 'deactivated'] as const)('works on somebody who is %s', (status) => {
    user(...histories[status]).when(change('billing')).then([changed('sales', 'billing')]);
  });

  it('is nothing where it is the same role; overrides stay', () => {
    user(...active('crew', { quotes: 'write' })).when(change('crew')).thenNothing();
  });

  it('is refused to Admins: role management needs Settings at manage', () => {
    user(...active()).when(change('billing', { by: admin })).thenRefused('forbidden');
    user(...active()).when(change('billing', { by: auditor })).thenRefused('forbidden');
  });

  it('is refused on oneself, upwards and downwards', () => {
    user(owner).when(change('crew', { by: herself('super-admin') })).thenRefused('forbidden');
    user(...active('crew', { settings: 'manage' })).when(change('super-admin', { by: herself('crew', { settings: 'manage' }) })).thenRefused('forbidden');
  });

  it('is refused where it would hand out levels that the giver does not hold', () => {
    user(...active('crew')).when(change('super-admin', { by: keyKeeper })).thenRefused('forbidden');
    user(...active('crew')).when(change('billing', { by: keyKeeper })).thenRefused('forbidden');
  });

  it('may lower somebody above the giver: nothing is handed out', () => {
    // Operations keeps what Admin has on jobs and inventory, and is less elsewhere: the giver holds none of it.
    user(...active('admin')).when(change('operations', { by: keyKeeper })).then([changed('admin', 'operations')]);
    user(...active('sales')).when(change('crew', { by: keyKeeper })).then([changed('sales', 'crew')]);
  });

  it.each([['withdrawn', 'not-active'], ['erased', 'not-active'], ['none', 'not-found'], ['abandoned', 'not-found']] as const)('is refused on somebody who is %s: %s', (status, code) => {
    user(...histories[status]).when(change('billing')).thenRefused(code);
  });
});

describe('overriding permissions', () => {
  const overridden = (module: Module, from: Level, to: Level): UserEvent => ({ type: 'PermissionOverridden', data: { userId: USER, module, from, to, reason: null } });
  const removed = (module: Module, from: Level, to: Level): UserEvent => ({ type: 'PermissionOverrideRemoved', data: { userId: USER, module, from, to, reason: null } });
  const override = (overrides: Partial<Record<Module, Level | null>>, by = superAdmin) => ({ type: 'ChangeOverrides', by, overrides, reason: null } as const);

  it('is an event a module, in the order of the modules, each with the levels in force before and after', () => {
    user(...active('crew', { quotes: 'write' })).when(override({ invoices: 'read', quotes: 'manage' }))
      .then([overridden('quotes', 'write', 'manage'), overridden('invoices', 'none', 'read')]);
  });

  it('leaves alone what it does not name', () => {
    user(...active('crew', { quotes: 'write', jobs: 'none' })).when(override({ invoices: 'read' })).then([overridden('invoices', 'none', 'read')]);
  });

  it('can lower as well as raise, also to a hidden module', () => {
    user(...active('sales')).when(override({ customers: 'none' })).then([overridden('customers', 'manage', 'none')]);
  });

  it('is removed by null, and by the level that the role has anyway', () => {
    user(...active('crew', { quotes: 'write' })).when(override({ quotes: null })).then([removed('quotes', 'write', 'read')]);
    user(...active('crew', { quotes: 'write' })).when(override({ quotes: 'read' })).then([removed('quotes', 'write', 'read')]);
  });

  it('is nothing where the level is in force already', () => {
    user(...active('crew', { quotes: 'write' })).when(override({ quotes: 'write', jobs: 'write', invoices: null })).thenNothing();
    user(...active('crew')).when(override({})).thenNothing();
  });

  it('is nothing on a Super Admin where it says what is so anyway', () => {
    user(owner).when(override({ jobs: 'manage', quotes: null })).thenNothing();
  });

  it('is refused on a Super Admin', () => {
    user(owner).when(override({ jobs: 'read' })).thenRefused('super-admin-not-overridden');
  });

  it('is refused to Admins, even on somebody they administer', () => {
    user(...active('crew')).when(override({ quotes: 'write' }, admin)).thenRefused('forbidden');
  });

  it('is refused on oneself', () => {
    user(...active('crew', { settings: 'manage' })).when(override({ jobs: 'manage' }, herself('crew', { settings: 'manage' }))).thenRefused('forbidden');
  });

  it('is refused above the level of the giver, as a whole', () => {
    user(...active('crew')).when(override({ customers: 'none', invoices: 'read' }, keyKeeper)).thenRefused('forbidden');
  });

  it('is refused where taking one away would raise somebody above the giver', () => {
    user(...active('sales', { quotes: 'none' })).when(override({ quotes: null }, keyKeeper)).thenRefused('forbidden');
  });

  it.each([['withdrawn', 'not-active'], ['erased', 'not-active'], ['none', 'not-found'], ['abandoned', 'not-found']] as const)('is refused on somebody who is %s: %s', (status, code) => {
    user(...histories[status]).when(override({ quotes: 'read' })).thenRefused(code);
  });

  it('is possible before an invitation is accepted', () => {
    user(invited({ role: 'crew' })).when(override({ quotes: 'write' })).then([overridden('quotes', 'read', 'write')]);
  });
});
