import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** Serves the OpenAPI 3.1 document at /openapi.json and the browsable page at /docs. */
export function serveApiDocs(app: INestApplication): void {
  const document = SwaggerModule.createDocument(app, new DocumentBuilder()
    .setTitle('Rolebook').setVersion('1').setOpenAPIVersion('3.1.0').setDescription('Users, roles and permissions of a business, kept as a log of what happened.')
    .addBearerAuth().build());
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'openapi.json', raw: ['json'], customSiteTitle: 'Rolebook API' });
}
