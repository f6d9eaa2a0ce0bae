import type { BusinessEvent } from './events';

export const created: BusinessEvent = { type: 'BusinessCreated', data: { businessId: 'b1', name: 'Crane & Co', slug: 'crane' } };
export const listed = (userId: string, revision: number): BusinessEvent => ({ type: 'SuperAdminListed', data: { userId, revision } });
export const withdrawn = (userId: string, revision: number): BusinessEvent => ({ type: 'SuperAdminWithdrawn', data: { userId, revision } });
