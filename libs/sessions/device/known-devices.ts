import type { ActionTokens, InstallationSecrets } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { OperationalStore } from '@rolebook/operational-store';
import { networkOf } from '@rolebook/throttling';

/** Where a sign-in comes from, as the request says it. Nothing of it is believed but the token, which proves itself. */
export interface Origin {
  readonly ip: string | null;
  readonly userAgent: string | undefined;
  /** Given at an earlier sign-in. */
  readonly deviceToken: string | undefined;
}

/** What an account knows of an origin. */
export interface Recognised {
  /** What failures are counted by: this device, this place, or everybody else together. */
  readonly source: string;
  /** Neither the device nor the place is known, though others are. */
  readonly isNew: boolean;
  /** Of the token that was shown, where it is good. */
  readonly deviceId: string | null;
}

const BUCKET = 'known-devices';
const KEPT_MS = 400 * 24 * 3600 * 1000;
/** Devices and places together, of one account; the longest unseen go first. */
const MOST = 40;
const TRIES = 20;

/**
 * From where an account was signed in to before, so that strangers who fail are not counted against it, and its owner hears of a new device
 * (docs/adr: device tokens). A device is known by its token; failing that, by its network and kind of program together.
 * Kept as keyed hashes, without an address or a name.
 */
export class KnownDevices {
  constructor(private readonly store: OperationalStore, private readonly secrets: InstallationSecrets, private readonly tokens: ActionTokens) {}

  /** @param account the user's id, or whatever stands for nobody: looked up alike, in the same time */
  async recognise(businessId: string, account: string, origin: Origin): Promise<Recognised> {
    const known = (await this.store.get(BUCKET, this.keyOf(businessId, account)))?.value as Readonly<Record<string, number>> | undefined;
    const shown = this.tokens.read('device', origin.deviceToken ?? '');
    const deviceId = shown && shown.businessId === businessId && shown.userId === account && known?.[shown.deviceId] !== undefined ? shown.deviceId : null;
    const place = this.placeOf(businessId, account, origin);
    const source = deviceId ?? (known?.[place] === undefined ? 'elsewhere' : place);
    return { source, isNew: known !== undefined && source === 'elsewhere', deviceId };
  }

  /** Remembers from where the user has just signed in. @returns a token for the device to show next time */
  async remember(context: CommandContext, userId: string, origin: Origin, { deviceId }: Recognised): Promise<string> {
    const { businessId, at } = context;
    const id = deviceId ?? context.idFor('device');
    if (!context.dryRun) await this.add(this.keyOf(businessId, userId), [id, this.placeOf(businessId, userId, origin)], at);
    return this.tokens.issue('device', { businessId, userId, deviceId: id });
  }

  /** Knows no device of the user any more. */
  async forget(businessId: string, userId: string): Promise<void> {
    await this.store.delete(BUCKET, this.keyOf(businessId, userId));
  }

  /** Two sign-ins at once both count; where that fails again and again, the device is new once more next time, and no harm is done. */
  private async add(key: string, seen: readonly string[], at: number): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const entry = await this.store.get(BUCKET, key);
      const known = { ...(entry?.value as Record<string, number> | undefined), ...Object.fromEntries(seen.map((id) => [id, at])) };
      const newest = Object.fromEntries(Object.entries(known).sort(([, a], [, b]) => b - a).slice(0, MOST));
      if (await this.store.compareAndSet(BUCKET, key, entry?.version ?? null, newest, at + KEPT_MS)) return;
    }
  }

  private keyOf(businessId: string, account: string): string {
    return this.secrets.mac('known-devices', businessId, account);
  }

  /** A browser is the same after an update: versions do not count. */
  private placeOf(businessId: string, account: string, { ip, userAgent }: Origin): string {
    const program = (userAgent ?? '').slice(0, 512).replace(/[\d._]+/g, '');
    return this.secrets.mac('known-place', businessId, account, networkOf(ip), program);
  }
}
