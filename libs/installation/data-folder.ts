import { MasterKeyError, parseMasterKey, readOrMakeMasterKeyFile, type MasterKey } from '@rolebook/crypto';
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type Config } from './config';

/** Makes the data folder where it is missing, for its owner alone. @throws {ConfigError} where it cannot be made, read or written */
export function prepareDataFolder(data: string): void {
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    accessSync(data, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ConfigError(`The data folder ${data} cannot be used (${code ?? 'unknown'}). Make it a folder that this process may write to, on a disk that is not mounted read-only, or name another in ROLEBOOK_DATA.`, { cause });
  }
}

/**
 * The master key of embedded mode: from the configuration, or from its file in the data folder, made there at the first start.
 * No new one is made where there are keys already: it would open none of them.
 * @throws {MasterKeyError} where there is none that could be right
 * @throws {ConfigError} where its file cannot be read or made
 */
export function embeddedMasterKey({ data, masterKey }: Pick<Config, 'data' | 'masterKey'>): MasterKey {
  if (masterKey !== null) return parseMasterKey(masterKey);
  const [file, keys] = [join(data, 'master.key'), join(data, 'keys.db')];
  if (!existsSync(file) && existsSync(keys)) {
    throw new MasterKeyError(`The master key ${file} is missing, and it alone opens ${keys}. Put it back from its backup, or set ROLEBOOK_MASTER_KEY to it.`);
  }
  try {
    return readOrMakeMasterKeyFile(file).masterKey;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw code === undefined ? cause : new ConfigError(`The master key ${file} cannot be read or made (${code}). Make it readable to this process, and the data folder writable with space on its disk.`, { cause });
  }
}
