import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../proof';

/** Published checkpoints of a business, newest last: a JSON object a line, which only ever grows. `tail -n 1` is a checkpoint for `auditor verify`. */
export class CheckpointFiles {
  /** @param folder made where missing */
  constructor(private readonly folder: string) {}

  /** The last one published; `null` where there is none. A line that a crash cut off does not count. */
  async last(businessId: string): Promise<Checkpoint | null> {
    const file = await open(this.fileOf(businessId), 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (!file) return null;
    try {
      const { size } = await file.stat();
      const length = Math.min(size, LONGEST_LINE * 2);
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
      const whole = buffer.toString('utf8').split('\n').slice(0, -1).filter((line) => line !== '');
      for (const line of whole.reverse()) {
        const checkpoint = parse(line);
        if (checkpoint) return checkpoint;
      }
      return null;
    } finally {
      await file.close();
    }
  }

  /** Adds one, durably. */
  async append(businessId: string, checkpoint: Checkpoint): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const file = await open(this.fileOf(businessId), 'a+', 0o600);
    try {
      const { size } = await file.stat();
      const end = size === 0 ? LINE_FEED : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0];
      // What a crash has cut off stays a line of its own.
      await file.appendFile(`${end === LINE_FEED ? '' : '\n'}${JSON.stringify({ businessId, ...checkpoint })}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  private fileOf(businessId: string): string {
    return join(this.folder, `${businessId}.ndjson`);
  }
}

const LONGEST_LINE = 1024;
const LINE_FEED = 0x0a;

function parse(line: string): Checkpoint | null {
  try {
    const { size, rootHash, signature, keyId, at } = JSON.parse(line) as Checkpoint;
    return typeof size === 'number' && typeof rootHash === 'string' ? { size, rootHash, signature, keyId, at } : null;
  } catch {
    return null;
  }
}
