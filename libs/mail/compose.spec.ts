import { parseSender } from './compose';

describe('the configured sender', () => {
  it.each([
    ['JingjaiOps <no-reply@app.example>', { name: 'JingjaiOps', address: 'no-reply@app.example' }],
    ['"Jingjai, Ops" <no-reply@app.example>', { name: 'Jingjai, Ops', address: 'no-reply@app.example' }],
    [' no-reply@app.example ', { name: 'JingjaiOps', address: 'no-reply@app.example' }],
    ['ระบบ <no-reply@app.example>', { name: 'ระบบ', address: 'no-reply@app.example' }],
  ])('%s', (text, sender) => {
    expect(parseSender(text)).toEqual(sender);
  });

  it.each([[''], ['JingjaiOps'], ['a@b.example, c@d.example'], ['A <a@b.example> <c@d.example>'], ['A\r\nBcc: x <a@b.example>'], ['A <a@b.example\r\n>']])('%p is refused', (text) => {
    expect(() => parseSender(text)).toThrow(/^the mail sender must look like/);
  });
});
