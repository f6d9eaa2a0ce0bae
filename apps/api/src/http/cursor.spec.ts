import type { InstallationSecrets } from '@rolebook/crypto';
import { Cursors } from './cursor';
import { Problem } from './problems';

/** Seals by turning the text round; counts what is opened. */
class Turned {
  opened = 0;
  private number = 0;
  sealText(_purpose: string, text: string, context = ''): string { return Buffer.from(`${++this.number}|${context}|${text}`).toString('base64url'); }
  openText(_purpose: string, sealed: string, context = ''): string | null {
    this.opened++;
    const [, of, ...text] = Buffer.from(sealed, 'base64url').toString().split('|');
    return of === context ? text.join('|') : null;
  }
}

describe('cursors', () => {
  const turned = new Turned();
  const cursors = new Cursors(turned as unknown as InstallationSecrets);
  const place = { value: 'Anna', id: '1' };
  beforeEach(() => { turned.opened = 0; });

  it('lead back to their place, without being opened where they were given a moment ago', () => {
    const cursor = cursors.give('b1', 'users', place);
    expect([cursors.read('b1', 'users', cursor), turned.opened]).toEqual([place, 0]);
  });

  it('lead back to it also where another node gave them, or so many were given since', () => {
    const cursor = new Cursors(turned as unknown as InstallationSecrets).give('b1', 'users', place);
    const earlier = cursors.give('b1', 'users', { value: 'Bert', id: '2' });
    for (let n = 0; n < 500; n++) cursors.give('b1', 'users', place);
    expect([cursors.read('b1', 'users', cursor), cursors.read('b1', 'users', earlier), turned.opened]).toEqual([place, { value: 'Bert', id: '2' }, 2]);
  });

  it.each([['business', 'b2', 'users'], ['list', 'b1', 'audit']])('remembered or not, are none of another %s', (_, businessId, list) => {
    const cursor = cursors.give('b1', 'users', place);
    expect(() => cursors.read(businessId, list, cursor)).toThrow(Problem);
  });

  it('are forgotten after a minute', () => {
    jest.useFakeTimers();
    const others = new Cursors(turned as unknown as InstallationSecrets);
    const cursor = others.give('b1', 'users', place);
    jest.advanceTimersByTime(60_000);
    jest.useRealTimers();
    expect([others.read('b1', 'users', cursor), turned.opened]).toEqual([place, 1]);
  });
});
