import { openInstallation, readConfig } from '@rolebook/installation';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { business, invited, member, Service, SETUP_TOKEN, type Business } from '../e2e/harness';

/** Folders of a spec, made from one another and removed together. */
export class Folders {
  private readonly root = mkdtempSync(join(tmpdir(), 'rolebook-faults-'));
  private count = 0;

  fresh(): string { return join(this.root, String(this.count++)); }

  /** A copy, as a disk would be after the power had gone: what other processes share in memory is not part of it. */
  copyOf(data: string): string {
    const folder = this.fresh();
    cpSync(data, folder, { recursive: true, filter: (file) => !file.endsWith('-shm') });
    return folder;
  }

  dispose(): void { rmSync(this.root, { recursive: true, force: true }); }
}

/** A service that has some history, half of it carried over into the database files and half in their write-ahead logs. The embedded stores, whatever the run is for. */
export async function serviceWithHistory(): Promise<{ readonly service: Service; readonly biz: Business }> {
  const service = await Service.startEmbedded({}, undefined, 'argon2');
  const biz = await business(service);
  for (let n = 0; n < 4; n++) await invited(service, biz, 'crew');
  await member(service, biz, 'sales');
  await service.restart();
  for (let n = 0; n < 4; n++) await invited(service, biz, 'billing');
  await member(service, biz, 'crew');
  await settled(service);
  return { service, biz };
}

/** All that follows the log has come to its end. */
export async function settled(service: Service): Promise<void> {
  const head = await service.installation.events.head();
  if (!(await service.installation.progress.caughtUp(head, 10_000))) throw new Error('the read models did not catch up');
  while ((service.installation.followers?.mails.sentUpTo ?? head) < head) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** The sentence with which a service refuses to start on a data folder. @throws {Error} where it starts */
export async function refusalOf(data: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const installation = await openInstallation(readConfig({ ROLEBOOK_DATA: data, ROLEBOOK_SETUP_TOKEN: SETUP_TOKEN, ROLEBOOK_REQUEST_LOG: 'off', ...env })).catch((error: Error) => error);
  if (installation instanceof Error) return installation.message;
  await installation.close();
  throw new Error('it started all the same');
}

/** Names of the files in a folder that begin so. */
export function filesOf(data: string, start: string): string[] {
  return readdirSync(data).filter((name) => name.startsWith(start)).map((name) => join(data, name));
}
