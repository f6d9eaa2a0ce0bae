import { DomainError } from './domain-error';
import { InvalidValue } from './invalid-value';

describe('an invalid value', () => {
  it('is a refusal that says where and what', () => {
    const refusal = InvalidValue.at('#/email', 'must be a string');

    expect(refusal).toBeInstanceOf(DomainError);
    expect({ code: refusal.code, message: refusal.message, details: refusal.details }).toEqual({
      code: 'validation',
      message: '#/email must be a string',
      details: { errors: [{ pointer: '#/email', message: 'must be a string' }] },
    });
  });

  it('can name several places at once', () => {
    const refusal = new InvalidValue([{ pointer: '#/a', message: 'is missing' }, { pointer: '#/b', message: 'is too long' }]);

    expect(refusal.message).toBe('#/a is missing; #/b is too long');
  });
});
