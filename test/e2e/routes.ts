import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Every route that Fastify serves, as `GET /v1/users/{id}`; HEAD goes with GET. Read from the router's own tree. */
export function routesOf(app: NestFastifyApplication): string[] {
  const routes = new Set<string>();
  const above: string[] = [];
  for (const line of app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent, part, methods] = /^([│ ]*)[├└]── (\S*)(?: \((.*)\))?$/.exec(line) ?? [];
    if (indent === undefined || part === undefined) continue;
    const depth = indent.length / 4;
    above.splice(depth, above.length, part);
    const path = above.join('').replace(/:(\w+)/g, '{$1}');
    for (const method of methods?.split(', ') ?? []) if (method !== 'HEAD' && method !== 'OPTIONS') routes.add(`${method} ${path}`);
  }
  return [...routes];
}
