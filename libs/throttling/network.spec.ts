import * as fc from 'fast-check';
import { networkOf } from './network';

describe('the network of an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'], ['::ffff:203.0.113.7', '203.0.113.7'], ['::FFFF:cb00:7107', '203.0.113.7'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'], ['2001:0DB8:0000:0001:ffff:ffff:ffff:ffff', '2001:db8:0:1::/64'], ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'], ['fe80::1%eth0', 'fe80:0:0:0::/64'], ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
    ['', 'unknown'], ['not an address', 'unknown'], ['1.2.3', 'unknown'],
  ])('of %s is %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });

  it('of nobody is unknown', () => {
    expect(networkOf(null)).toBe('unknown');
  });

  const group = fc.nat(0xffff).map((value) => value.toString(16));
  it('is the same for every address of a /64 and another for another', () => {
    fc.assert(fc.property(fc.tuple(group, group, group, group), fc.tuple(group, group, group, group), fc.tuple(group, group, group, group), ([a, b, c, d], host, other) => {
      fc.pre(a !== '0' && d !== other[3]);
      expect(networkOf([a, b, c, d, ...host].join(':'))).toBe(networkOf(`${a}:${b}:${c}:${d}::`));
      expect(networkOf([a, b, c, other[3], ...host].join(':'))).not.toBe(networkOf([a, b, c, d, ...host].join(':')));
    }));
  });
});
