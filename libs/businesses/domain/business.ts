import { requireSettings, type Person, type TwoFactorPolicy } from '@rolebook/access';
import { DomainError, unreachable, type Decider, type DomainEvent, type EventDefinitions } from '@rolebook/kernel';

export type BusinessCreated = DomainEvent<'BusinessCreated', { businessId: string; name: string; slug: string }>;
/** The person counts as an active Super Admin. The list is always a subset of the truth: granted here last, withdrawn here first. */
export type SuperAdminListed = DomainEvent<'SuperAdminListed', { userId: string }>;
export type SuperAdminWithdrawn = DomainEvent<'SuperAdminWithdrawn', { userId: string }>;
export type TwoFactorPolicyChanged = DomainEvent<'TwoFactorPolicyChanged', { from: TwoFactorPolicy; to: TwoFactorPolicy }>;

/** What happens in the stream `business-<id>`. */
export type BusinessEvent = BusinessCreated | SuperAdminListed | SuperAdminWithdrawn | TwoFactorPolicyChanged;

export const businessEvents: EventDefinitions<BusinessEvent> = {
  BusinessCreated: { action: 'business.created', user: null, sealed: {}, changes: (d) => [{ field: 'name', from: null, to: d.name }, { field: 'slug', from: null, to: d.slug }] },
  SuperAdminListed: { action: 'business.super-admin-listed', user: 'userId', sealed: {}, changes: () => [] },
  SuperAdminWithdrawn: { action: 'business.super-admin-withdrawn', user: 'userId', sealed: {}, changes: () => [] },
  TwoFactorPolicyChanged: { action: 'settings.two-factor-policy-changed', user: null, sealed: {}, changes: (d) => [{ field: 'twoFactorPolicy', from: d.from, to: d.to }] },
};

export interface BusinessState {
  readonly id: string | null;
  readonly name: string;
  readonly slug: string;
  readonly superAdmins: readonly string[];
  readonly twoFactorPolicy: TwoFactorPolicy;
}

export type BusinessCommand =
  | { readonly type: 'CreateBusiness'; readonly businessId: string; readonly name: string; readonly slug: string }
  | { readonly type: 'ListSuperAdmin'; readonly userId: string }
  | { readonly type: 'WithdrawSuperAdmin'; readonly userId: string }
  | { readonly type: 'ChangeTwoFactorPolicy'; readonly by: Person; readonly policy: TwoFactorPolicy };

/** A business: its name, its two-factor policy and its Super Admins, of whom one is always left. */
export const businessDecider: Decider<BusinessCommand, BusinessState, BusinessEvent> & { kind: string } = {
  kind: 'business',
  initialState: { id: null, name: '', slug: '', superAdmins: [], twoFactorPolicy: 'off' },

  decide(command, business) {
    switch (command.type) {
      case 'CreateBusiness': {
        if (business.id !== null) return [];
        const { type: _, ...data } = command;
        return [{ type: 'BusinessCreated', data }];
      }
      case 'ListSuperAdmin':
        return business.superAdmins.includes(command.userId) ? [] : [{ type: 'SuperAdminListed', data: { userId: command.userId } }];
      case 'WithdrawSuperAdmin': {
        if (!business.superAdmins.some((id) => id !== command.userId)) throw new DomainError('last-super-admin', 'A business needs at least one active Super Admin.');
        return business.superAdmins.includes(command.userId) ? [{ type: 'SuperAdminWithdrawn', data: { userId: command.userId } }] : [];
      }
      case 'ChangeTwoFactorPolicy':
        requireSettings(command.by, 'write');
        return command.policy === business.twoFactorPolicy ? [] : [{ type: 'TwoFactorPolicyChanged', data: { from: business.twoFactorPolicy, to: command.policy } }];
      default: return unreachable(command);
    }
  },

  evolve(business, { type, data }) {
    switch (type) {
      case 'BusinessCreated': return { ...business, id: data.businessId, name: data.name, slug: data.slug };
      case 'SuperAdminListed': return { ...business, superAdmins: [...business.superAdmins, data.userId] };
      case 'SuperAdminWithdrawn': return { ...business, superAdmins: business.superAdmins.filter((id) => id !== data.userId) };
      case 'TwoFactorPolicyChanged': return { ...business, twoFactorPolicy: data.to };
      default: return unreachable(type);
    }
  },
};

/** What happens in the stream `slug-<slug>`: whose short name it is. */
export type SlugReserved = DomainEvent<'SlugReserved', { businessId: string; slug: string }>;

export const slugEvents: EventDefinitions<SlugReserved> = {
  SlugReserved: { action: 'business.slug-reserved', user: null, sealed: {}, changes: () => [] },
};

export const slugReservation = {
  kind: 'slug',
  initialState: { businessId: null as string | null },
  evolve: (_: unknown, { data }: SlugReserved) => ({ businessId: data.businessId as string | null }),
  /** @throws {DomainError} `slug-taken` */
  reserve(businessId: string, slug: string, state: { readonly businessId: string | null }): readonly SlugReserved[] {
    if (state.businessId === businessId) return [];
    if (state.businessId !== null) throw new DomainError('slug-taken', 'Another business has this short name.');
    return [{ type: 'SlugReserved', data: { businessId, slug } }];
  },
};
