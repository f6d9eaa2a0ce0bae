import type { TwoFactorPolicy } from '@rolebook/access';
import { unreachable } from '@rolebook/kernel';
import type { BusinessEvent } from './events';

export interface BusinessState {
  readonly id: string | null;
  readonly name: string;
  readonly slug: string;
  /** Who counts as an active Super Admin; some may be missing, nobody is here who is none. */
  readonly superAdmins: readonly string[];
  /** Up to which revision of their own stream somebody was withdrawn: whoever saw them as a Super Admin there, or before, comes too late to list them. */
  readonly withdrawnAt: Readonly<Record<string, number>>;
  readonly twoFactorPolicy: TwoFactorPolicy;
}

export const noBusiness: BusinessState = { id: null, name: '', slug: '', superAdmins: [], withdrawnAt: {}, twoFactorPolicy: 'off' };

export function evolveBusiness(business: BusinessState, { type, data }: BusinessEvent): BusinessState {
  switch (type) {
    case 'BusinessCreated': return { ...business, id: data.businessId, name: data.name, slug: data.slug };
    case 'SuperAdminListed': return { ...business, superAdmins: [...business.superAdmins, data.userId] };
    case 'SuperAdminWithdrawn':
      return {
        ...business, superAdmins: business.superAdmins.filter((id) => id !== data.userId),
        withdrawnAt: { ...business.withdrawnAt, [data.userId]: Math.max(data.revision, business.withdrawnAt[data.userId] ?? -1) },
      };
    case 'TwoFactorPolicyChanged': return { ...business, twoFactorPolicy: data.to };
    default: return unreachable(type);
  }
}

/** How a business's stream folds. */
export const businessStream = { kind: 'business', initialState: noBusiness, evolve: evolveBusiness };
