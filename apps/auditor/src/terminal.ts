/** Where a command writes to. Answers go to `out`; progress and complaints to `err`, so that answers can be piped. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether a person sees what goes to `err` as it comes. */
  readonly isInteractive: boolean;
}

/** The terminal that this process runs in. */
export function processTerminal(): Terminal {
  // The reader may stop early, as `head` does: that ends the command, quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  return {
    out: (text) => { process.stdout.write(text); },
    err: (text) => { process.stderr.write(text); },
    isInteractive: process.stderr.isTTY,
  };
}
