import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(__dirname, '../..');
const text = (file: string) => readFileSync(join(root, file), 'utf8');

/** The requirements of levels 1 and 2 in ASVS 5.0.0: of each section, up to which number they run. Sections of level 3 alone are not here. */
const SECTIONS: Readonly<Record<string, number>> = {
  '1.1': 2, '1.2': 9, '1.3': 11, '1.4': 3, '1.5': 2, '2.1': 3, '2.2': 3, '2.3': 4, '2.4': 1, '3.2': 2, '3.3': 4, '3.4': 6, '3.5': 5, '3.7': 2, '4.1': 3, '4.2': 1, '4.3': 2, '4.4': 4,
  '5.1': 1, '5.2': 3, '5.3': 2, '5.4': 3, '6.1': 3, '6.2': 12, '6.3': 4, '6.4': 4, '6.5': 5, '6.6': 3, '6.8': 4, '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 2, '7.6': 2,
  '8.1': 2, '8.2': 3, '8.3': 1, '8.4': 1, '9.1': 3, '9.2': 4, '10.1': 2, '10.2': 2, '10.3': 4, '10.4': 11, '10.5': 5, '10.6': 2, '10.7': 3, '11.1': 2, '11.2': 3, '11.3': 3, '11.4': 4, '11.5': 1, '11.6': 1,
  '12.1': 3, '12.2': 2, '12.3': 4, '13.1': 1, '13.2': 5, '13.3': 2, '13.4': 5, '14.1': 2, '14.2': 4, '14.3': 3, '15.1': 3, '15.2': 3, '15.3': 7, '16.1': 1, '16.2': 5, '16.3': 4, '16.4': 3, '16.5': 3,
  '17.1': 1, '17.2': 4, '17.3': 2,
};
const REQUIRED = Object.entries(SECTIONS).flatMap(([section, last]) => Array.from({ length: last }, (_, i) => `${section}.${i + 1}`));
const STATES = ['met', 'partly', 'not met', 'operator', 'frontend', 'none'];

interface Row { readonly numbers: readonly string[]; readonly level3: boolean; readonly state: string; readonly said: string }

/** `1.2.6–1.2.8, 1.3.1` is each of them. */
function numbersOf(cell: string): string[] {
  return cell.replace('(level 3)', '').split(',').map((part) => part.trim()).flatMap((part) => {
    const [from = '', to = from] = part.split('–');
    const section = from.slice(0, from.lastIndexOf('.'));
    const [first, last] = [Number(from.split('.')[2]), Number(to.split('.')[2])];
    return Array.from({ length: last - first + 1 }, (_, i) => `${section}.${first + i}`);
  });
}

const rows: readonly Row[] = text('docs/asvs.md').split('\n').filter((line) => /^\| \d/.test(line)).map((line) => {
  const [cell = '', state = '', ...said] = line.slice(1, -1).split(' | ');
  return { numbers: numbersOf(cell), level3: cell.includes('(level 3)'), state: state.trim(), said: said.join(' | ') };
});

/** What a page names, in backticks: `name.e2e`, or a path from the root. */
function filesIn(page: string): string[] {
  return [...page.matchAll(/`([^`\s]+)`/g)].flatMap(([, name = '']) => {
    if (/^[\w-]+\.e2e$/.test(name)) return [`test/e2e/${name}.spec.ts`];
    return /^(apps|libs|test|docs)\/|^[\w.-]+\.(md|json|mjs|cjs|yml)$|^(Dockerfile|\.dockerignore|\.ci\/run)$/.test(name) ? [name] : [];
  });
}

/** `test` "name", "name": the names that are said to stand in a test. */
function testsIn(page: string): { file: string; name: string }[] {
  return [...page.matchAll(/`([\w-]+\.e2e|[\w/.-]+\.spec\.ts)`((?:,? "[^"]+")+)/g)].flatMap(([, file = '', names = '']) =>
    [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']) => ({ file: file.endsWith('.e2e') ? `test/e2e/${file}.spec.ts` : file, name })));
}

/** A name as the source writes it: quotes of JavaScript escaped. */
const stands = ({ file, name }: { file: string; name: string }) => text(file).replaceAll("\\'", "'").includes(name);

describe('docs/asvs.md', () => {
  it('speaks of each of the 253 requirements of levels 1 and 2 once', () => {
    expect(REQUIRED).toHaveLength(253);
    expect(rows.filter(({ level3 }) => !level3).flatMap(({ numbers }) => numbers).sort()).toEqual([...REQUIRED].sort());
  });

  it('keeps those of level 3 apart', () => {
    const extra = rows.filter(({ level3 }) => level3).flatMap(({ numbers }) => numbers);
    expect(extra.filter((number) => REQUIRED.includes(number))).toEqual([]);
    expect(new Set(extra).size).toBe(extra.length);
  });

  it('has an answer to each, with words', () => {
    expect(rows.filter(({ state, said }) => !STATES.includes(state) || said.trim().length < 5)).toEqual([]);
  });

  it('shows what is missing wherever something is', () => {
    expect(rows.filter(({ state, said }) => (state === 'partly' || state === 'not met') && filesIn(said).length === 0)).toEqual([]);
  });
});

describe.each(['docs/asvs.md', 'docs/security.md', 'docs/mutation.md', 'SECURITY.md'])('%s', (page) => {
  it('names files that exist', () => {
    expect(filesIn(text(page)).filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it('links to files that exist', () => {
    const links = [...text(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });

  it('names tests that exist', () => {
    expect(testsIn(text(page)).filter((test) => !stands(test))).toEqual([]);
  });
});

it('no code is made of text, anywhere in what is delivered (ASVS 1.3.2)', () => {
  const sources = readdirSync(join(root, 'libs'), { recursive: true, encoding: 'utf8' }).map((file) => `libs/${file}`)
    .concat(readdirSync(join(root, 'apps'), { recursive: true, encoding: 'utf8' }).map((file) => `apps/${file}`)).filter((file) => file.endsWith('.ts') && !/(\.spec|\.contract|\bspec-helpers)\.ts$/.test(file)); // as nest-cli.json leaves them out
  expect(sources.length).toBeGreaterThan(300);
  expect(sources.filter((file) => /\beval\(|new Function\(|node:vm/.test(text(file)))).toEqual([]);
});
