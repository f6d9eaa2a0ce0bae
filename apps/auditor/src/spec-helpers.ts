import { run } from './cli';

/** What a command line wrote, and how it ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line as a shell would, without a process. */
export async function auditor(args: readonly string[], isInteractive = false): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await run(args, { out: (text) => { out += text; }, err: (text) => { err += text; }, isInteractive });
  return { code, out, err };
}
