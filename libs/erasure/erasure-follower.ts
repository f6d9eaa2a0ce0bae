import type { EventStore, LoggedEvent } from '@rolebook/event-store';
import type { OperationalStore } from '@rolebook/operational-store';
import { LogFollower } from '@rolebook/projecting';
import type { Erased, Erasures } from './erasures';

/** The event that says so; see libs/users. */
const ERASED = 'UserErased';
const BUCKET = 'erasures';
const CHECKPOINT = 'checkpoint';
/** Without an erasure the checkpoint is stored this often: what a start goes over again is a moment's work. */
const POSITIONS_PER_CHECKPOINT = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Follows the log for erasures and has each carried out, however often the process dies or a store is away: the checkpoint
 * moves on only afterwards.
 */
export class ErasureFollower {
  private readonly follower: LogFollower;
  private position = 0;
  private stored = 0;
  private stopped = false;
  private wake: () => void = () => undefined;

  constructor(private readonly parts: {
    readonly events: EventStore;
    readonly erasures: Erasures;
    /** Where the checkpoint is kept. */
    readonly operational: OperationalStore;
    readonly onProblem: (message: string, details: Record<string, unknown>) => void;
  }) {
    this.follower = new LogFollower(parts.events, {
      after: () => this.position,
      onEvents: (batch) => this.follow(batch),
      onLost: (reason) => parts.onProblem('erasures are not followed for now', { error: reason.message }),
    });
  }

  async start(): Promise<void> {
    const entry = await this.parts.operational.get(BUCKET, CHECKPOINT);
    this.position = this.stored = typeof entry?.value === 'number' ? entry.value : 0;
    await this.follower.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.follower.stop();
  }

  private async follow(batch: readonly LoggedEvent[]): Promise<void> {
    const erasures = batch.filter(({ type }) => type === ERASED);
    for (const event of erasures) await this.carryOut(event);
    if (this.stopped) return;
    this.position = batch.at(-1)?.position ?? this.position;
    if (erasures.length === 0 && this.position - this.stored < POSITIONS_PER_CHECKPOINT) return;
    await this.parts.operational.putMany(BUCKET, [{ key: CHECKPOINT, value: this.position, expiresAt: null }]);
    this.stored = this.position;
  }

  private async carryOut(event: LoggedEvent): Promise<void> {
    const erased = erasedBy(event);
    for (let pause = FIRST_PAUSE_MS; !this.stopped; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        return await this.parts.erasures.carryOut(erased);
      } catch (error) {
        this.parts.onProblem('an erasure is not complete and is tried again', { eventId: event.id, error: error instanceof Error ? error.message : String(error) });
        await this.pause(pause);
      }
    }
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => { clearTimeout(timer); resolve(); };
    });
  }
}

function erasedBy({ data, metadata, recordedAt, position }: LoggedEvent): Erased {
  const { userId } = JSON.parse(data) as { userId: string };
  const { businessId } = JSON.parse(metadata) as { businessId: string };
  return { businessId, userId, at: recordedAt, position };
}
