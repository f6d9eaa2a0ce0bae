import type { TwoFactorPolicy } from '@rolebook/access';
import type { DomainEvent, EventDefinitions } from '@rolebook/kernel';

export type BusinessCreated = DomainEvent<'BusinessCreated', { businessId: string; name: string; slug: string }>;
/**
 * The person counts as an active Super Admin. The list is always a subset of the truth: granted here last, withdrawn here first.
 * `revision` is that of the person's own stream at which they were one.
 */
export type SuperAdminListed = DomainEvent<'SuperAdminListed', { userId: string; revision: number }>;
/** The person counts no more, and cannot be listed by anybody who saw them at `revision` or before. */
export type SuperAdminWithdrawn = DomainEvent<'SuperAdminWithdrawn', { userId: string; revision: number }>;
export type TwoFactorPolicyChanged = DomainEvent<'TwoFactorPolicyChanged', { from: TwoFactorPolicy; to: TwoFactorPolicy }>;

/** What happens in the stream `business-<id>`. */
export type BusinessEvent = BusinessCreated | SuperAdminListed | SuperAdminWithdrawn | TwoFactorPolicyChanged;

export const businessEvents: EventDefinitions<BusinessEvent> = {
  BusinessCreated: { action: 'business.created', user: null, sealed: {}, changes: (d) => [{ field: 'name', from: null, to: d.name }, { field: 'slug', from: null, to: d.slug }] },
  SuperAdminListed: { action: 'business.super-admin-listed', user: 'userId', sealed: {}, changes: () => [] },
  SuperAdminWithdrawn: { action: 'business.super-admin-withdrawn', user: 'userId', sealed: {}, changes: () => [] },
  TwoFactorPolicyChanged: { action: 'settings.two-factor-policy-changed', user: null, sealed: {}, changes: (d) => [{ field: 'twoFactorPolicy', from: d.from, to: d.to }] },
};

/** What happens in the stream `slug-<slug>`: whose short name it is. */
export type SlugReserved = DomainEvent<'SlugReserved', { businessId: string; slug: string }>;

export const slugEvents: EventDefinitions<SlugReserved> = {
  SlugReserved: { action: 'business.slug-reserved', user: null, sealed: {}, changes: () => [] },
};
