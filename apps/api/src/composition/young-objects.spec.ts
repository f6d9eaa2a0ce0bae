import { execFileSync } from 'node:child_process';
import { collectYoungObjectsLess } from './young-objects';

describe('Young objects', () => {
  it('are collected without helpers where the process has one core, and with them where it has more', () => {
    expect(collectYoungObjectsLess(1)).toEqual(['--semi-space-growth-factor=16', '--no-parallel-scavenge']);
    expect(collectYoungObjectsLess(4)).toEqual(['--semi-space-growth-factor=16']);
  });

  /** V8 says nothing about a flag that it does not know, and a Node with another V8 may know other ones. */
  it('are collected by flags that this V8 knows', () => {
    const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
    for (const flag of collectYoungObjectsLess(1)) expect(known).toContain(flag.replace(/^--(no-)?/, '--').replace(/=.*$/, ' ('));
  });
});
