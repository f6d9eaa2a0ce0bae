import type { FastifyReply } from 'fastify';

/** Names the revision of a user in the ETag, for If-Match. */
export function withEtag<View extends { readonly revision: number } | null>(reply: FastifyReply, view: View): View {
  if (view) void reply.header('etag', `"${view.revision}"`);
  return view;
}
