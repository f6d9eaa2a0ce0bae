import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { visibleText } from '@rolebook/audit/proof';
import { EXIT, NotTried, UsageError, type Command, type ExitCode, type OptionSpecs } from './command';
import { COMMON_OPTIONS, commandHelp, mainHelp, usage } from './help';
import type { Terminal } from './terminal';

const COMMANDS = join(__dirname, 'commands');

/**
 * Runs one command line. Only the command that is asked for is loaded.
 * @param args without the program's own name
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const names = commandNames();
  const name = nameIn(args, names);
  if (name === null) {
    if (args.length === 0 || args.includes('--help') || args[0] === 'help') {
      terminal.out(mainHelp(await Promise.all(names.map(async (each) => [each, await load(each)] as const))));
      return args.length === 0 ? EXIT.notTried : EXIT.ok;
    }
    terminal.err(`auditor: there is no command "${visibleText(args[0]!)}"; there are: ${names.join(', ')}. See auditor --help\n`);
    return EXIT.notTried;
  }
  const command = await load(name);
  try {
    return await runCommand(name, command, args.slice(name.split(' ').length), terminal);
  } catch (error) {
    if (!(error instanceof NotTried)) throw error;
    terminal.err(`auditor ${name}: ${visibleText(error.message)}\n`);
    if (error instanceof UsageError) terminal.err(`${usage(name, command)}\nSee auditor ${name} --help\n`);
    return EXIT.notTried;
  }
}

async function runCommand(name: string, command: Command, args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const specs: OptionSpecs = { ...command.options, ...COMMON_OPTIONS };
  const { values, positionals } = parse(args, specs);
  if (values.help) {
    terminal.out(commandHelp(name, command));
    return EXIT.ok;
  }
  const expected = command.positionals.map((positional) => positional.name);
  if (positionals.length < expected.length) throw new UsageError(`${expected[positionals.length]} is missing`);
  if (positionals.length > expected.length) throw new UsageError(`"${positionals[expected.length]}" is too much`);
  for (const [option, spec] of Object.entries(specs)) {
    if (spec.required && values[option] === undefined) throw new UsageError(`--${option} is missing`);
  }
  const flags = Object.fromEntries(Object.entries(specs).filter(([, spec]) => spec.type === 'boolean').map(([option]) => [option, values[option] === true]));
  return command.run({ options: { ...values, ...flags } as never, positionals, terminal });
}

function parse(args: readonly string[], options: OptionSpecs): { values: Readonly<Record<string, string | boolean | undefined>>; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }])), allowPositionals: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code?.startsWith('ERR_PARSE_ARGS') ? new UsageError(message) : error;
  }
}

/** Every file of `commands/` is a command, a dot in its name being a space: adding one changes no other file. */
function commandNames(): string[] {
  const files = readdirSync(COMMANDS).flatMap((file) => /^([a-z][a-z.-]*)(?<!\.spec)\.[jt]s$/.exec(file)?.[1] ?? []);
  return files.map((file) => file.replaceAll('.', ' ')).sort();
}

/** The longest name that the arguments begin with. */
function nameIn(args: readonly string[], names: readonly string[]): string | null {
  const matching = names.filter((name) => name.split(' ').every((word, i) => args[i] === word));
  return matching.sort((a, b) => b.length - a.length)[0] ?? null;
}

async function load(name: string): Promise<Command> {
  const { command } = (await import(join(COMMANDS, name.replaceAll(' ', '.')))) as { command: Command };
  return command;
}
