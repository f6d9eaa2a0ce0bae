import type { ChildProcess } from 'node:child_process';
import type { Line } from './figures';
import type { Service } from './service';
import type { Seeded } from '../seed/seeded';

/** What a row works with. */
export interface Bench {
  readonly rounds: number;
  readonly seconds: number;
  /** Makes the load, on a core of its own. */
  readonly generator: ChildProcess;
  readonly quick: boolean;
  /** The data that all rows share; seeded at first use. */
  seeded(): Promise<Seeded>;
  /** The service on that data, with request logging as it is by default; started at first use, shared by rows that follow each other. */
  service(env?: Readonly<Record<string, string>>): Promise<Service>;
  /** Stops the service: for rows that work on its files. */
  stopService(): Promise<void>;
  /** A folder that is removed at the end. */
  scratch(): string;
  /** Ends with the row. */
  during(child: ChildProcess): ChildProcess;
  say(message: string): void;
}

/** One row of the table. */
export interface Row {
  readonly name: string;
  run(bench: Bench): Promise<readonly Line[]>;
}

/** What a row needs is not there. That is no failure, and no figure. */
export class NotRun extends Error {
  override readonly name = 'NotRun';
}
