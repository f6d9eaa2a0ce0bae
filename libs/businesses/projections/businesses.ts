import type { TwoFactorPolicy } from '@rolebook/access';
import type { Projection } from '@rolebook/kernel';
import type { BusinessEvent } from '../domain/events';

/** A business, as it is now. */
export interface BusinessDocument {
  readonly id: string;
  /** Always true: lets all businesses be listed by an index. */
  readonly exists: true;
  readonly name: string;
  readonly slug: string;
  readonly twoFactorPolicy: TwoFactorPolicy;
  readonly createdAt: string;
}

export const businesses: Projection<BusinessDocument, BusinessEvent> = {
  collection: { name: 'businesses-1', indexes: [['slug'], ['exists', 'createdAt']] },
  handles: ['BusinessCreated', 'TwoFactorPolicyChanged'],
  keys: ({ metadata }) => [metadata.businessId],
  evolve: (document, { event: { type, data }, recordedAt }, id) => {
    switch (type) {
      case 'BusinessCreated': return { id, exists: true, name: data.name, slug: data.slug, twoFactorPolicy: 'off', createdAt: recordedAt };
      case 'TwoFactorPolicyChanged': return document && { ...document, twoFactorPolicy: data.to };
      default: return document;
    }
  },
};
