import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@rolebook/installation';
import { parse } from 'yaml';

interface Service {
  readonly build?: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

const root = join(__dirname, '../..');
const text = (file: string) => readFileSync(join(root, file), 'utf8');
const compose = parse(text('docker-compose.yml'), { merge: true }) as { readonly services: Readonly<Record<string, Service>>; readonly volumes: Readonly<Record<string, null>> };
const services = Object.entries(compose.services);
const named = (name: string) => compose.services[name]!;
/** Those that are made of this repository. */
const ours = services.filter(([, { build }]) => build !== undefined);
const IMAGE = Object.fromEntries([...text('Dockerfile').matchAll(/^ENV (.*)$/gm)].flatMap(([, list = '']) => list.split(' ').map((pair) => pair.split('=') as [string, string])));
/** What an operator puts into .env. */
const GIVEN: Readonly<Record<string, string>> = { ROLEBOOK_MASTER_KEY: Buffer.alloc(32, 1).toString('base64'), ROLEBOOK_SETUP_TOKEN: '0123456789abcdef0123456789abcdef' };

/** As Compose fills in `${NAME:?message}` and `${NAME:-default}`. */
function filled(value: string): string {
  return value.replace(/\$\{(\w+):([?-])((?:[^{}]|\{[^}]*\})*)\}/g, (_all, name: string, kind: string, rest: string) => {
    const given = GIVEN[name];
    if (given === undefined && kind === '?') throw new Error(`${name} must be given: ${rest}`);
    return given ?? rest;
  });
}
const environmentOf = ({ environment = {} }: Service) => ({ ...IMAGE, ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(String(value))])) });

describe('docker-compose.yml', () => {
  it('runs two apis and two projectors of one image, behind a proxy', () => {
    const mains = ours.map(([name, { command }]) => [name.replace(/-\d$/, ''), command?.at(-1) ?? 'as the image']);
    expect(mains).toEqual([['api', 'as the image'], ['api', 'as the image'], ['projector', 'dist/apps/projector/src/main.js'], ['projector', 'dist/apps/projector/src/main.js']]);
    expect(new Set(ours.map(([, { image }]) => image)).size).toBe(1);
    expect(existsSync(join(root, 'apps/projector/src/main.ts'))).toBe(true);
  });

  it.each(ours)('%s is configured by variables that the service knows, and starts with them', (_name, service) => {
    const read = new Set([...text('libs/installation/config.ts').matchAll(/(?:env\.|env, ')([A-Z_]+)/g)].map(([, name]) => name));
    const known = new Set([...read, 'NODE_ENV', 'HEALTH_PATH']);
    expect(Object.keys(environmentOf(service)).filter((name) => !known.has(name))).toEqual([]);
    expect(readConfig(environmentOf(service))).toMatchObject({ hostsFollowers: false, host: '0.0.0.0', data: '/data' });
  });

  it.each(ours)('%s reaches the servers by the names and ports that they have here', (_name, service) => {
    const config = readConfig(environmentOf(service));
    const [log, documents, mail] = [config.eventStoreUrl, config.mongoUrl, config.smtpUrl].map((url) => new URL(url!.replace(/^[a-z+]+:/, 'http:')));
    expect([log, documents, mail].map((url) => `${url!.hostname}:${url!.port}`)).toEqual(['eventstoredb:2113', 'mongodb:27017', 'mail:1025']);
    expect(named('eventstoredb').ports).toEqual(['127.0.0.1:2113:2113']);
    expect(documents!.searchParams.get('replicaSet')).toBe(named('mongodb').command![1]);
  });

  it('begins no service before what it needs is healthy, and everything waited for has a health check', () => {
    const image = /^HEALTHCHECK /m.test(text('Dockerfile'));
    for (const [name, { depends_on: needs = {} }] of services) {
      for (const [needed, { condition }] of Object.entries(needs)) {
        expect({ name, needed, condition }).toEqual({ name, needed, condition: 'service_healthy' });
        const service = named(needed);
        expect({ needed, checked: service.healthcheck !== undefined || (service.build !== undefined && image) }).toEqual({ needed, checked: true });
      }
    }
  });

  it('asks for health where it is told: the api at /health/ready, the projector at /health', () => {
    const paths = Object.fromEntries(ours.map(([name, service]) => [name, environmentOf(service).HEALTH_PATH]));
    expect(paths).toEqual({ 'api-1': '/health/ready', 'api-2': '/health/ready', 'projector-1': '/health', 'projector-2': '/health' });
  });

  it('the proxy goes to every api, at the port of the image', () => {
    const to = named('proxy').command!.filter((_word, index, all) => all[index - 1] === '--to');
    expect(to).toEqual(ours.filter(([name]) => name.startsWith('api')).map(([name]) => `${name}:${IMAGE.PORT}`));
  });

  it('EventStoreDB takes appends as large as its README says, and runs no projections', () => {
    const wanted = /EVENTSTORE_MAX_APPEND_SIZE=(\d+)/.exec(text('libs/event-store/eventstoredb/README.md'))![1];
    expect(named('eventstoredb').environment).toMatchObject({ EVENTSTORE_MAX_APPEND_SIZE: wanted, EVENTSTORE_RUN_PROJECTIONS: 'None' });
  });

  it('MongoDB is a replica set that makes itself, and is healthy once it can be written to', () => {
    const { command, healthcheck } = named('mongodb');
    const check = healthcheck!.test.at(-1)!;
    expect(command).toContain('--replSet');
    expect(check).toContain(`rs.initiate({ _id: '${command![1]}', members: [{ _id: 0, host: 'mongodb:27017' }] })`);
    expect(check).toContain('isWritablePrimary');
  });

  it('keeps what must last in volumes, each declared, each used; a data folder belongs to one process', () => {
    const used = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]!));
    expect([...used].sort()).toEqual(Object.keys(compose.volumes).sort());
    for (const [name, { volumes }] of ours) expect({ name, at: volumes?.map((volume) => volume.split(':')[1]) }).toEqual({ name, at: ['/data'] });
  });

  it('is reachable from this machine alone, and holds no secret', () => {
    for (const [name, { ports = [] }] of services) expect({ name, open: ports.filter((port) => !port.startsWith('127.0.0.1:')) }).toEqual({ name, open: [] });
    for (const secret of ['ROLEBOOK_MASTER_KEY', 'ROLEBOOK_SETUP_TOKEN']) expect(named('api-1').environment![secret]).toMatch(new RegExp(`^\\$\\{${secret}:\\?`));
  });
});
