import { execFileSync } from 'node:child_process';
import { HEAP_GROWTH, MADE_YOUNG } from './heap';

it.each([HEAP_GROWTH, MADE_YOUNG])('%s is a flag that this V8 knows: of one that it does not know it says nothing', (flag) => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  expect(known).toContain(`--${flag.replace(/^--(no-)?/, '').replace(/=.*$/, '')} (`);
});
