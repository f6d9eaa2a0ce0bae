import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { auditor } from './spec-helpers';

/** All commands, by their files. */
const commands = readdirSync(join(__dirname, 'commands')).filter((file) => /^[a-z.-]+\.ts$/.test(file) && !file.endsWith('.spec.ts')).map((file) => file.slice(0, -3).replaceAll('.', ' '));

describe('auditor', () => {
  it('lists its commands and its exit codes with --help', async () => {
    const { code, out, err } = await auditor(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const name of commands) expect(out).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'));
    expect(out).toContain('Exit codes');
  });

  it('shows the same with no arguments, but has done nothing then', async () => {
    expect(await auditor([])).toEqual({ ...(await auditor(['--help'])), code: 2 });
  });

  it('names the commands there are where it gets another', async () => {
    const { code, out, err } = await auditor(['verfy\x1b[2J', 'x']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('there is no command "verfy\\u001b[2J"');
    expect(err).toContain('verify');
  });

  it.each(commands)('teaches %s', async (name) => {
    const { code, out } = await auditor([...name.split(' '), '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^auditor ${name} - `));
    for (const section of ['Usage\n', 'Options\n', '--json', 'Exit codes\n']) expect(out).toContain(section);
  });

  it.each([
    ['an argument is missing', ['verify', '--checkpoint', 'c', '--key', 'k'], 'EXPORT is missing'],
    ['an option is missing', ['verify', 'x', '--checkpoint', 'c'], '--key is missing'],
    ['an argument is too much', ['verify', 'x', 'y', '--checkpoint', 'c', '--key', 'k'], '"y" is too much'],
    ['an option is unknown', ['verify', 'x', '--checkpont', 'c'], "Unknown option '--checkpont'"],
    ['an option lacks its value', ['verify', 'x', '--key'], "argument missing"],
  ])('says so where %s, and how it should be', async (_, args, message) => {
    const { code, out, err } = await auditor(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err).toContain('auditor verify EXPORT --checkpoint FILE --key FILE');
  });

  it('loads no framework', async () => {
    await auditor(['--help']);
    expect(Object.keys(require.cache).filter((file) => /@nestjs|better-sqlite3|mongodb|db-client/.test(file))).toEqual([]);
  });
});
