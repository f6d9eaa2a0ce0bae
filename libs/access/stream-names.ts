/** Names of streams: each carries its business. One place, so that nobody spells them twice. */
export const streamNames = {
  user: (businessId: string, userId: string) => `user-${businessId}-${userId}`,
  session: (businessId: string, sessionId: string) => `session-${businessId}-${sessionId}`,
  twoFactor: (businessId: string, userId: string) => `two-factor-${businessId}-${userId}`,
  business: (businessId: string) => `business-${businessId}`,
  email: (businessId: string, hash: string) => `email-${businessId}-${hash}`,
  slug: (slug: string) => `slug-${slug}`,
  signIns: (businessId: string) => `sign-in-${businessId}`,
  refusals: (businessId: string) => `refusals-${businessId}`,
  reviews: (businessId: string) => `reviews-${businessId}`,
} as const;
