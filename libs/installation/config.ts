import { join, resolve } from 'node:path';
import { hostsInPlain } from './plain-urls';

/** A value of the environment that the service cannot start with: a sentence that says what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** How the service is configured. Everything comes from the environment; see docs/operations.md. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Folder of the embedded stores, keys, outbox and avatars. */
  readonly data: string;
  /** `null`: made at first start and kept in the data folder (embedded mode alone). */
  readonly setupToken: string | null;
  /** Base64 of 32 bytes; `null`: made at first start and kept in the data folder (embedded mode alone). */
  readonly masterKey: string | null;
  /** Where the frontend lives: links in mails begin with it. Without a slash at the end. */
  readonly webUrl: string;
  readonly smtpUrl: string | null;
  readonly mailFrom: string;
  readonly eventStoreUrl: string | null;
  readonly mongoUrl: string | null;
  /** Database of the read models; keys and operational state have their own, named after it. */
  readonly mongoDatabase: string;
  /** Whether the api keeps the read models and sends the mails itself: embedded always, with servers the projector does. */
  readonly hostsFollowers: boolean;
  /** Addresses or networks whose X-Forwarded-For counts. */
  readonly trustedProxies: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly requestLog: boolean;
  /** Where checkpoints of the audit log are announced, besides the files in the data folder; `null`: nowhere. */
  readonly checkpointWebhook: string | null;
  /** How often they are published, in seconds. */
  readonly checkpointSeconds: number;
  /** Metrics on a port of their own; `null`: beside the API. */
  readonly metricsPort: number | null;
  /** What one person may spend a minute on requests that are dear (`Dear` in apps/api/src/http/pace.guard.ts says which, and how much); 0: no limit. */
  readonly dearPerMinute: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the configuration. @throws {ConfigError} */
export function readConfig(env: Environment): Config {
  const eventStoreUrl = url(env, 'EVENTSTORE_URL', ['esdb:', 'esdb+discover:', 'kurrentdb:', 'kurrentdb+discover:']);
  const mongoUrl = url(env, 'MONGODB_URL', ['mongodb:', 'mongodb+srv:']);
  if ((eventStoreUrl === null) !== (mongoUrl === null)) {
    throw new ConfigError('EVENTSTORE_URL and MONGODB_URL go together: set both for EventStoreDB and MongoDB, or neither for the embedded stores.');
  }
  const config: Config = {
    port: port(env, 'PORT') ?? 3000,
    host: env.HOST || '127.0.0.1',
    data: resolve(env.ROLEBOOK_DATA || join(process.cwd(), 'data')),
    setupToken: setupToken(env.ROLEBOOK_SETUP_TOKEN),
    masterKey: env.ROLEBOOK_MASTER_KEY || null,
    webUrl: (url(env, 'ROLEBOOK_WEB_URL', ['http:', 'https:']) ?? 'http://localhost:3000').replace(/\/+$/, ''),
    smtpUrl: url(env, 'SMTP_URL', ['smtp:', 'smtps:', 'smtp+starttls:']),
    mailFrom: env.ROLEBOOK_MAIL_FROM || 'Rolebook <no-reply@localhost>',
    eventStoreUrl, mongoUrl,
    mongoDatabase: name(env, 'MONGODB_DATABASE') ?? 'rolebook',
    hostsFollowers: eventStoreUrl === null || flag(env, 'ROLEBOOK_HOST_FOLLOWERS', false),
    trustedProxies: list(env.ROLEBOOK_TRUSTED_PROXIES),
    corsOrigins: list(env.ROLEBOOK_CORS_ORIGINS),
    requestLog: flag(env, 'ROLEBOOK_REQUEST_LOG', true),
    checkpointWebhook: url(env, 'ROLEBOOK_CHECKPOINT_WEBHOOK', ['http:', 'https:']),
    checkpointSeconds: seconds(env, 'ROLEBOOK_CHECKPOINT_SECONDS', 60),
    metricsPort: port(env, 'ROLEBOOK_METRICS_PORT'),
    dearPerMinute: amount(env, 'ROLEBOOK_DEAR_PER_MINUTE', 1_200),
  };
  refusePlain(env, { EVENTSTORE_URL: eventStoreUrl, MONGODB_URL: mongoUrl });
  if (eventStoreUrl !== null && config.masterKey === null) {
    throw new ConfigError('ROLEBOOK_MASTER_KEY is missing. With EventStoreDB and MongoDB all nodes need the same one: 32 bytes in base64, such as `openssl rand -base64 32` prints.');
  }
  if (eventStoreUrl !== null && config.setupToken === null) {
    throw new ConfigError('ROLEBOOK_SETUP_TOKEN is missing. With EventStoreDB and MongoDB all nodes need the same one: any secret of 16 characters or more.');
  }
  return config;
}

/** @throws {ConfigError} where a database would be reached in plain text, beyond this machine, and nobody has allowed it */
function refusePlain(env: Environment, urls: Readonly<Record<string, string | null>>): void {
  if (flag(env, 'ROLEBOOK_PLAIN_DATABASES', false)) return;
  for (const [name, value] of Object.entries(urls)) {
    const hosts = value === null ? [] : hostsInPlain(value);
    if (hosts.length > 0) throw new ConfigError(`${name} reaches ${hosts.join(', ')} without TLS, or without looking at its certificate. Let it use TLS; or set ROLEBOOK_PLAIN_DATABASES=on where nobody can listen in between.`);
  }
}

function url(env: Environment, name: string, protocols: readonly string[]): string | null {
  const value = env[name];
  if (value === undefined || value === '') return null;
  const protocol = /^([a-z+]+:)\/\/./i.exec(value)?.[1]?.toLowerCase();
  if (protocol === undefined || !protocols.includes(protocol)) throw new ConfigError(`${name} must be an address that begins with ${protocols.map((p) => `${p}//`).join(' or ')}.`);
  return value;
}

function port(env: Environment, name: string): number | null {
  const value = env[name];
  if (value === undefined || value === '') return null;
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65535) throw new ConfigError(`${name} must be a port number from 0 to 65535; it is "${value}".`);
  return Number(value);
}

function seconds(env: Environment, name: string, usual: number): number {
  const value = env[name];
  if (value === undefined || value === '') return usual;
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new ConfigError(`${name} must be a number of seconds from 1; it is "${value}".`);
  return Number(value);
}

function amount(env: Environment, name: string, usual: number): number {
  const value = env[name];
  if (value === undefined || value === '') return usual;
  if (!/^\d{1,9}$/.test(value)) throw new ConfigError(`${name} must be a whole number, 0 for no limit; it is "${value}".`);
  return Number(value);
}

function setupToken(value: string | undefined): string | null {
  if (value === undefined || value === '') return null;
  if (value.length < 16) throw new ConfigError('ROLEBOOK_SETUP_TOKEN must have 16 characters or more: whoever has it can set up businesses.');
  return value;
}

function flag(env: Environment, name: string, usual: boolean): boolean {
  const value = env[name];
  if (value === undefined || value === '') return usual;
  if (value === 'on' || value === 'off') return value === 'on';
  throw new ConfigError(`${name} must be on or off; it is "${value}".`);
}

function name(env: Environment, key: string): string | null {
  const value = env[key];
  if (value === undefined || value === '') return null;
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,39}$/.test(value)) throw new ConfigError(`${key} must be a letter and then letters, digits, _ and -, 40 at most.`);
  return value;
}

function list(value: string | undefined): string[] {
  return (value ?? '').split(',').map((item) => item.trim()).filter((item) => item !== '');
}
