import fc from 'fast-check';
import { deviceName } from './index';

describe("a device's name", () => {
  it.each([
    ['Chrome on macOS', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36'],
    ['Safari on macOS', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15'],
    ['Firefox on macOS', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0'],
    ['Microsoft Edge on Windows', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0'],
    ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0'],
    ['Chrome on Chrome OS', 'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36'],
    ['Safari on iOS', 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1'],
    ['Chrome on iOS', 'Mozilla/5.0 (iPad; CPU OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130.0.6723.37 Mobile/15E148 Safari/604.1'],
    ['Chrome on Android', 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36'],
    ['Samsung Internet on Android', 'Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36'],
    ['Rolebook.App on iOS', 'Rolebook.App/1.0 (iPhone; iOS 17.0)'],
    ['Googlebot', 'Googlebot/2.1 (+http://www.google.com/bot.html)'],
    ['curl', 'curl/8.5.0'],
    ['PostmanRuntime', 'PostmanRuntime/7.42.0'],
    ['Unknown device', 'Mozilla/5.0'],
    ['Unknown device', 'node'],
    ['Unknown device', ' '],
    ['Unknown device', ''],
    ['Unknown device', undefined],
    ['Unknown device', '<script>alert(1)</script>/1.0'],
    ['iOS', '<img src=x>/1.0 (iPhone; iOS 17.0)'],
    ['iOS', '\u202eevil/1.0 (iPhone; iOS 17.0)'],
    ['Unknown device', '__proto__/1'],
  ])('is %s for %p', (name, userAgent) => {
    expect(deviceName(userAgent)).toBe(name);
  });

  it('is the same when asked again', () => {
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0';
    expect([deviceName(userAgent), deviceName(userAgent)]).toEqual(['Firefox on Linux', 'Firefox on Linux']);
  });

  it('does not depend on anything past the first 512 characters', () => {
    const start = 'Mozilla/5.0 '.padEnd(512, 'x');
    expect(deviceName(`${start} (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0`)).toBe('Unknown device');
  });

  it('is plain and short whatever is sent', () => {
    const token = fc.constantFrom('Mozilla/5.0', 'Chrome/1', 'Android', '(', ')', ';', ' ', '/', 'iPhone', 'Version/', 'like Gecko', '\u0000', '\u202e', 'Safari', 'rv:', 'Edg/', '1.1.1', 'CFNetwork/');
    const header = fc.oneof(fc.string({ unit: 'binary', maxLength: 700 }), fc.array(token, { maxLength: 40 }).map((parts) => parts.join('')));
    fc.assert(fc.property(header, (userAgent) => {
      expect(deviceName(userAgent)).toMatch(/^[A-Za-z][A-Za-z0-9 .\-+()!/&']{0,79}$/);
    }), { numRuns: 500 });
  });
});
