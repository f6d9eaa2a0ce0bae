import { definitionOf } from '@rolebook/kernel/spec-helpers';
import { businessEvents, slugEvents, type BusinessEvent } from './events';
import { created, listed, withdrawn } from './spec-helpers';

describe('how the events of a business read in the audit log', () => {
  it.each<[BusinessEvent, object]>([
    [created, { action: 'business.created', user: null, sealed: {}, changes: [{ field: 'name', from: null, to: 'Crane & Co' }, { field: 'slug', from: null, to: 'crane' }] }],
    [listed('sue', 3), { action: 'business.super-admin-listed', user: 'userId', sealed: {}, changes: [] }],
    [withdrawn('sue', 3), { action: 'business.super-admin-withdrawn', user: 'userId', sealed: {}, changes: [] }],
    [
      { type: 'TwoFactorPolicyChanged', data: { from: 'off', to: 'admins' } },
      { action: 'settings.two-factor-policy-changed', user: null, sealed: {}, changes: [{ field: 'twoFactorPolicy', from: 'off', to: 'admins' }] },
    ],
  ])('%j', (event, expected) => {
    expect(definitionOf(businessEvents, event)).toEqual(expected);
  });

  it('a short name that was reserved changes nothing that anybody sees', () => {
    expect(definitionOf(slugEvents, { type: 'SlugReserved', data: { businessId: 'b1', slug: 'crane' } })).toEqual({ action: 'business.slug-reserved', user: null, sealed: {}, changes: [] });
  });
});
