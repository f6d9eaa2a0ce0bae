import type { Terminal } from './terminal';

/** How a command ends. Scripts rely on the difference between "no" and "could not say". */
export const EXIT = {
  /** Done; where there was something to prove, it is proven. */
  ok: 0,
  /** The proof fails, or what was asked for is not there. */
  failed: 1,
  /** It could not be tried: wrong arguments, a file that cannot be read, a store that does not answer. */
  notTried: 2,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  /** What stands for the value in help, such as `FILE`. */
  readonly value?: string;
  readonly required?: true;
  readonly help: string;
}
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** The options as given. `json` is there in every command. */
export type OptionValues<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name]['type'] extends 'boolean' ? boolean : Specs[Name] extends { required: true } ? string : string | undefined;
} & { readonly json: boolean };

export interface Invocation<Specs extends OptionSpecs> {
  readonly options: OptionValues<Specs>;
  /** As many as the command has positionals. */
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
}

/**
 * A command of the auditor. A file in `commands/` that exports one as `command` is a command: `commands/business.create.ts` is
 * `auditor business create`. The file is loaded for help too: import what is heavy (stores, frameworks) inside `run`.
 */
export interface Command<Specs extends OptionSpecs = OptionSpecs> {
  /** One line in the list of commands. */
  readonly summary: string;
  readonly positionals: readonly { readonly name: string; readonly help: string }[];
  readonly options: Specs;
  /** What one must know to use it: what it does, what it needs, what its answer means. */
  readonly description: string;
  readonly examples: readonly { readonly command: string; readonly does: string }[];
  /** @throws {NotTried} where it cannot be tried */
  run(invocation: Invocation<Specs>): Promise<ExitCode>;
}

/** Keeps the options' types; a command may then stand in a list with others. */
export function defineCommand<const Specs extends OptionSpecs>(command: Command<Specs>): Command {
  return command;
}

/** The command could not be tried; the message says why, and what to do. */
export class NotTried extends Error {
  override readonly name = 'NotTried';
}

/** The command line is wrong: as {@link NotTried}, and the way to `--help` is shown. */
export class UsageError extends NotTried {}
