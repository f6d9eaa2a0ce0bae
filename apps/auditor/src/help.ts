import type { Command, OptionSpecs } from './command';

/** Options that every command has. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', help: 'answer in JSON, for programs' },
  help: { type: 'boolean', help: 'say how the command is used' },
} as const satisfies OptionSpecs;

const EXIT_CODES = `Exit codes
  0  done; where there was something to prove, it is proven
  1  the proof fails, or what was asked for is not there
  2  it could not be tried: wrong arguments, or something that cannot be read
`;

/** What `auditor --help` says. */
export function mainHelp(commands: readonly (readonly [name: string, command: Command])[]): string {
  return `auditor - what happened in a Rolebook, and the proof of it

Usage
  auditor COMMAND [ARGUMENTS] [OPTIONS]
  auditor COMMAND --help

Commands
${columns(commands.map(([name, { summary }]) => [name, summary]))}
${EXIT_CODES}`;
}

/** What `auditor COMMAND --help` says. */
export function commandHelp(name: string, command: Command): string {
  const options = { ...command.options, ...COMMON_OPTIONS } as OptionSpecs;
  const sections = [
    `auditor ${name} - ${command.summary}\n`,
    `Usage\n  ${usage(name, command)}\n`,
    `${command.description.trim()}\n`,
    command.positionals.length > 0 && `Arguments\n${columns(command.positionals.map((positional) => [positional.name, positional.help]))}`,
    `Options\n${columns(Object.entries(options).map(([option, spec]) => [`--${option}${spec.value ? ` ${spec.value}` : ''}`, spec.help]))}`,
    command.examples.length > 0 && `Examples\n${command.examples.map((example) => `  # ${example.does}\n  ${example.command}\n`).join('\n')}`,
    EXIT_CODES,
  ];
  return sections.filter((section) => section !== false).join('\n');
}

/** One line: what must be given, and what may be. */
export function usage(name: string, { positionals, options }: Command): string {
  const named = Object.entries(options).map(([option, spec]) => {
    const text = `--${option}${spec.value ? ` ${spec.value}` : ''}`;
    return spec.required ? text : `[${text}]`;
  });
  return ['auditor', name, ...positionals.map((positional) => positional.name), ...named, '[--json]'].join(' ');
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right.split('\n').join(`\n${' '.repeat(width + 4)}`)}\n`).join('');
}
