import { requireSettings, type Person, type TwoFactorPolicy } from '@rolebook/access';
import { DomainError, unreachable, type Decider } from '@rolebook/kernel';
import type { BusinessEvent, SlugReserved } from './events';
import { evolveBusiness, noBusiness, type BusinessState } from './state';

export type BusinessCommand =
  | { readonly type: 'CreateBusiness'; readonly businessId: string; readonly name: string; readonly slug: string }
  /** `revision`: that of the person's stream at which they are an active Super Admin. */
  | { readonly type: 'ListSuperAdmin'; readonly userId: string; readonly revision: number }
  /** `revision`: that of the person's stream which the change that ends it will be appended after, and after no other. */
  | { readonly type: 'WithdrawSuperAdmin'; readonly userId: string; readonly revision: number }
  | { readonly type: 'ChangeTwoFactorPolicy'; readonly by: Person; readonly policy: TwoFactorPolicy };

/** A business: its name, its two-factor policy and its Super Admins, of whom one is always left. */
export const businessDecider: Decider<BusinessCommand, BusinessState, BusinessEvent> = {
  initialState: noBusiness,
  evolve: evolveBusiness,

  decide(command, business) {
    switch (command.type) {
      case 'CreateBusiness': {
        if (business.id !== null) return [];
        const { type: _, ...data } = command;
        return [{ type: 'BusinessCreated', data }];
      }
      case 'ListSuperAdmin': {
        const { userId, revision } = command;
        const late = revision <= (business.withdrawnAt[userId] ?? -1);
        return late || business.superAdmins.includes(userId) ? [] : [{ type: 'SuperAdminListed', data: { userId, revision } }];
      }
      case 'WithdrawSuperAdmin': {
        const { userId, revision } = command;
        if (!business.superAdmins.some((id) => id !== userId)) throw new DomainError('last-super-admin', 'A business needs at least one active Super Admin.');
        const withdrawn = revision <= (business.withdrawnAt[userId] ?? -1) && !business.superAdmins.includes(userId);
        return withdrawn ? [] : [{ type: 'SuperAdminWithdrawn', data: { userId, revision } }];
      }
      case 'ChangeTwoFactorPolicy':
        requireSettings(command.by, 'write');
        return command.policy === business.twoFactorPolicy ? [] : [{ type: 'TwoFactorPolicyChanged', data: { from: business.twoFactorPolicy, to: command.policy } }];
      default: return unreachable(command);
    }
  },
};

/** Whose short name it is. */
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
