import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { withConventions } from './openapi-conventions';

const DESCRIPTION = `Users, roles and permissions of a business, kept as a log of what happened.

* Ids are UUIDv7, times RFC 3339 in UTC with milliseconds. The access token names user, business and session.
* Errors are \`application/problem+json\` (RFC 9457); \`type\` tells them apart. An unknown field or query parameter is an error, never ignored.
* Every change takes \`?dryRun=true\`: all checks run, nothing is stored or sent, and the answer is what would happen.
* Lists go page by page: \`nextCursor\` of one is \`cursor\` of the next; it works for the same filters and sort alone.
* A GET sees what the same node has acknowledged before; \`Rolebook-After\` extends that to every node.`;

const TAGS: readonly (readonly [name: string, description: string])[] = [
  ['Set-up', 'A new business and its owner.'],
  ['Signing in', 'Tokens, and what a gateway asks.'],
  ['Invitations', 'How people get in.'],
  ['Users', 'The people of a business, as administrators see them.'],
  ['Me', 'What people do with their own account.'],
  ['Two-factor authentication', 'Authenticators, recovery codes, and what to do when both are lost.'],
  ['Settings and roles', 'The built-in roles, and the policy of a business.'],
  ['Audit', 'What happened, and proof of it.'],
  ['Keys', 'For programs that verify access tokens, or the audit log.'],
  ['Health', 'For load balancers, monitoring, and readers of this.'],
];

/** The OpenAPI 3.1 document of an application, complete. */
export function apiDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder().setTitle('Rolebook').setVersion('1').setOpenAPIVersion('3.1.0').setDescription(DESCRIPTION).addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: '`accessToken` of POST /v1/auth/sign-in. Verifiable with GET /.well-known/jwks.json.' });
  for (const [name, description] of TAGS) builder.addTag(name, description);
  const { contact: _, ...info } = builder.build().info;
  const document = SwaggerModule.createDocument(app, { ...builder.build(), info }, { operationIdFactory });
  Object.assign(document.paths, DOCUMENTATION);
  return withConventions(document);
}

/** Serves the document at /openapi.json and the browsable page at /docs. */
export function serveApiDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, apiDocument(app), { jsonDocumentUrl: 'openapi.json', raw: ['json'], customSiteTitle: 'Rolebook API' });
}

/** Such as `usersChangeRole`: stable as long as nobody renames the handler; a spec holds the names of today. */
function operationIdFactory(controller: string, method: string): string {
  const resource = controller.replace(/Controller$/, '');
  return `${resource.charAt(0).toLowerCase()}${resource.slice(1)}${method.charAt(0).toUpperCase()}${method.slice(1)}`;
}

/** The two routes that Swagger serves and cannot describe. */
const DOCUMENTATION = {
  '/openapi.json': { get: { operationId: 'openApiDocument', tags: ['Health'], responses: { 200: { description: 'This document.', content: { 'application/json': { schema: { type: 'object' } } } } } } },
  '/docs': { get: { operationId: 'openApiPage', tags: ['Health'], responses: { 200: { description: 'The page to browse it.', content: { 'text/html': { schema: { type: 'string' } } } } } } },
};
