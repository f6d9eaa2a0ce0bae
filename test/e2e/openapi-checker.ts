import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

interface Schema { type?: unknown; properties?: Record<string, unknown>; additionalProperties?: unknown }
interface Header { readonly $ref?: string; readonly required?: boolean; readonly schema: object }
interface Response { readonly $ref?: string; readonly headers?: Record<string, Header>; readonly content?: Record<string, { schema: object }> }
interface Parameter { readonly name: string; readonly in: string; readonly required?: boolean }
interface Operation { readonly parameters?: Parameter[]; readonly requestBody?: { content: Record<string, object> }; readonly responses: Record<string, Response> }
export interface ApiDocument { readonly paths: Record<string, Record<string, Operation>>; readonly components: { readonly schemas: Record<string, Schema>; readonly responses: Record<string, Response>; readonly headers: Record<string, Header> } }

/** One exchange as a test saw it. `body` of the answer is parsed where it is JSON. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly sent: unknown;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const JSON_SCHEMA = ['content', 'application/json', 'schema'];

/**
 * Holds every answer of the service against its own OpenAPI document: the route, the status and the media type must be documented, body and documented headers must fit their schemas,
 * and the body hold nothing that the schema does not name. A request that was accepted must fit its schema too.
 */
export class OpenApiChecker {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly compiled = new Map<string, ValidateFunction>();
  private readonly templates: { readonly template: string; readonly pattern: RegExp }[];

  constructor(private readonly document: ApiDocument) {
    addFormats(this.ajv);
    this.ajv.addFormat('idn-email', true); // ajv-formats knows ASCII addresses only
    this.ajv.addSchema(closed(document), 'api');
    this.templates = Object.keys(document.paths).map((template) => ({ template, pattern: new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`) }));
  }

  /** @throws {Error} that says what does not fit */
  check({ method, path, sent, status, headers, body }: Exchange): void {
    const [pathname = '', query = ''] = path.split('?');
    const here = `${method} ${pathname} -> ${status}`;
    const template = this.templateOf(pathname);
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = template === null ? undefined : this.document.paths[template]?.[verb];
    if (template === null || !operation) {
      // A refusal before routing ends (too long, malformed) is no route's own.
      if (status < 400 || headers['content-type'] !== 'application/problem+json') throw new Error(`${here}: the route is not documented`);
      return;
    }
    const documented = operation.responses[status];
    const sharedName = documented?.$ref?.split('/').at(-1);
    const response = sharedName === undefined ? documented : this.document.components.responses[sharedName];
    if (!response) throw new Error(`${here}: the status is not documented`);
    for (const [name, header] of Object.entries(response.headers ?? {})) this.checkHeader(here, name, header, headers[name.toLowerCase()]);
    if (method !== 'HEAD') this.checkBody(here, sharedName === undefined ? ['paths', template, verb, 'responses', String(status)] : ['components', 'responses', sharedName], response, headers, body);
    if (status < 400) {
      const known = new Set((operation.parameters ?? []).filter((p) => p.in === 'query').map((p) => p.name));
      for (const name of new URLSearchParams(query).keys()) if (!known.has(name)) throw new Error(`${here}: took ?${name}, which is not documented`);
      if (sent !== undefined && operation.requestBody?.content['application/json']) this.fits(here, ['paths', template, verb, 'requestBody', ...JSON_SCHEMA], sent, 'the accepted request');
    }
  }

  private checkHeader(here: string, name: string, { $ref }: Header, value: string | undefined): void {
    const header = $ref?.split('/').at(-1) ?? '';
    const { required, schema } = this.document.components.headers[header]!;
    if (value === undefined && required) throw new Error(`${here}: the header ${name} is missing`);
    if (value !== undefined) this.fits(here, ['components', 'headers', header, 'schema'], (schema as Schema).type === 'integer' ? Number(value) : value, `the header ${name}`);
  }

  private checkBody(here: string, at: string[], response: Response, headers: Exchange['headers'], body: unknown): void {
    const type = headers['content-type']?.split(';')[0];
    const documented = response.content ?? {};
    if (type === 'application/x-ndjson' && type in documented && body === '') return; // no lines
    if (type === undefined || headers['content-length'] === '0') {
      if (Object.keys(documented).length > 0) throw new Error(`${here}: a body is documented, none came`);
    } else if (!(type in documented)) {
      throw new Error(`${here}: ${type} is not documented`);
    } else if (type.endsWith('json')) {
      this.fits(here, [...at, 'content', type, 'schema'], body, 'the answer');
    }
  }

  private fits(here: string, at: readonly string[], value: unknown, what: string): void {
    const pointer = at.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    let validate = this.compiled.get(pointer);
    if (!validate) this.compiled.set(pointer, validate = this.ajv.compile({ $ref: `api#/${pointer}` }));
    if (!validate(value)) throw new Error(`${here}: ${what} does not fit its schema: ${this.ajv.errorsText(validate.errors, { dataVar: 'body' })}\n${JSON.stringify(value).slice(0, 600)}`);
  }

  private templateOf(pathname: string): string | null {
    const literal = pathname in this.document.paths ? pathname : null;
    return literal ?? this.templates.find(({ pattern }) => pattern.test(pathname))?.template ?? null;
  }
}

/** The document with every object closed: for tests, a field that is not documented is an error. */
function closed(document: ApiDocument): ApiDocument {
  const copy = structuredClone(document);
  for (const schema of Object.values(copy.components.schemas)) {
    if (schema.properties && schema.additionalProperties === undefined) schema.additionalProperties = false;
  }
  return copy;
}
