import type { FastifyReply } from 'fastify';

/** Names the revision of a user in the ETag, for If-Match. */
export function withEtag<View extends { readonly revision: number } | null>(reply: FastifyReply, view: View): View {
  if (view) void reply.header('etag', `"${view.revision}"`);
  return view;
}

/** Stands for an If-Match that is no ETag of ours: no user gets that far, so it is stale wherever a user's revision matters, and nowhere else. */
const NOBODYS_REVISION = Number.MAX_SAFE_INTEGER;

/** The revision that `If-Match` asks for (RFC 9110, section 13.1.1); `null` where any will do. */
export function revisionExpected(ifMatch: string | undefined): number | null {
  if (ifMatch === undefined || ifMatch === '*') return null;
  return Number(/^"(0|[1-9]\d{0,14})"$/.exec(ifMatch.trim())?.[1] ?? NOBODYS_REVISION);
}
