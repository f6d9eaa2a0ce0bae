import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(__dirname, '../..');
const text = (file: string) => readFileSync(join(root, file), 'utf8');
const matches = (of: string, pattern: RegExp) => [...new Set([...of.matchAll(pattern)].map(([, found = '']) => found))].sort();
const DECISIONS = readdirSync(join(root, 'docs/adr')).filter((file) => /^\d{4}-/.test(file)).sort();

describe('what the documents say', () => {
  it('README lists every variable that the configuration reads, and no other', () => {
    const read = matches(text('libs/installation/config.ts'), /(?:env\.|env, ')([A-Z_]+)/g);
    const listed = matches(text('README.md').split('## Configuration')[1]!.split('\n## ')[0]!.split('\n').filter((line) => line.startsWith('|')).map((line) => line.split('|')[1]).join('\n'), /`([A-Z_]+)`/g);
    expect(listed).toEqual(read);
  });

  it('README names scripts that exist', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
    expect(matches(text('README.md'), /npm run ([a-z:]+)/g).filter((script) => !(script in scripts))).toEqual([]);
  });

  it.each(['README.md', 'docs/audit.md', 'docs/adr/README.md', ...DECISIONS.map((file) => `docs/adr/${file}`)])('%s links to files that exist', (file) => {
    const links = matches(text(file), /\]\((?!https?:|#)([^)#]+)/g);
    expect(links.filter((link) => !existsSync(join(root, dirname(file), link)))).toEqual([]);
  });

  it('every decision is in the list of decisions, under a number of its own, with its title', () => {
    const list = text('docs/adr/README.md');
    expect(DECISIONS.map((file) => `- [${/^# (.+)$/m.exec(text(`docs/adr/${file}`))?.[1]}](${file})`).filter((line) => !list.includes(line))).toEqual([]);
    expect(new Set(DECISIONS.map((file) => file.slice(0, 4))).size).toBe(DECISIONS.length);
  });
});
