import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const text = (file: string) => readFileSync(join(root, file), 'utf8');
const found = (of: string, pattern: RegExp) => [...new Set([...of.matchAll(pattern)].map(([, name = '']) => name))].sort();
const page = text('docs/operations.md');

describe('docs/operations.md', () => {
  it('names every metric that there is, and no other', () => {
    const folder = 'apps/api/src/metrics';
    const code = readdirSync(join(root, folder)).filter((file) => !file.endsWith('.spec.ts')).map((file) => text(join(folder, file))).join('\n');
    const there = found(code, /'(rolebook_[a-z_]*[a-z])'/g);
    expect(there.length).toBeGreaterThan(5);
    // Node's own are many, and prom-client's to name.
    const named = found(page, /`(rolebook_[a-z0-9_]*[a-z])(?:`|\{)/g).filter((name) => !/^rolebook_(nodejs|process)_/.test(name));
    expect(named).toEqual(there);
  });

  it('names variables that exist', () => {
    const known = new Set([...found(text('README.md'), /`([A-Z_]+)`/g), ...found(text('docker-compose.yml'), /^\s+([A-Z_]+):/gm), 'NODE_OPTIONS', 'OTEL_EXPORTER_OTLP_ENDPOINT']);
    const named = found(page, /\b((?:ROLEBOOK|EVENTSTORE|MONGODB|SMTP|OTEL|NODE)_[A-Z_]+)\b/g);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('tells of commands that the auditor has', () => {
    const commands = new Set(readdirSync(join(root, 'apps/auditor/src/commands')).map((file) => file.replace(/(\.spec)?\.ts$/, '')));
    const told = found(page, /npm run auditor -- ([a-z-]+)/g);
    expect(told.length).toBeGreaterThan(3);
    expect(told.filter((command) => !commands.has(command))).toEqual([]);
  });

  it('tells of addresses that the api has', () => {
    const controllers = readdirSync(join(root, 'apps/api/src'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.controller.ts')).map((file) => text(join('apps/api/src', file))).join('\n');
    for (const [address, controller, route] of [['/health/ready', "'health'", "'ready'"], ['/metrics', "'metrics'", '']] as const) {
      expect(page).toContain(address);
      expect(controllers).toContain(`@Controller(${controller})`);
      expect(controllers).toContain(route);
    }
    expect(text('apps/projector/src/main.ts')).toContain('working:');
  });
});
