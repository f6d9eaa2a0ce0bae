import fc from 'fast-check';
import { fold, unreachable, type Decider } from './decider';
import { DomainError } from './domain-error';
import { given } from './spec-helpers';

type Command = { readonly type: 'Deposit' | 'Withdraw'; readonly amount: number };
type Event = { readonly type: 'Deposited' | 'Withdrawn'; readonly amount: number };

/** An account that may not be overdrawn: small enough to see through, and its order of events matters. */
const account: Decider<Command, number, Event> = {
  initialState: 0,
  decide: ({ type, amount }, balance) => {
    if (amount === 0) return [];
    if (type === 'Deposit') return [{ type: 'Deposited', amount }];
    if (amount > balance) throw new DomainError('overdrawn', 'There is less on the account.');
    return [{ type: 'Withdrawn', amount }];
  },
  evolve: (balance, { type, amount }) => (type === 'Deposited' ? balance + amount : balance - amount),
};

describe('folding a history', () => {
  it('starts at the initial state and goes event by event, in order', () => {
    const spelled: Pick<Decider<never, string, string>, 'evolve' | 'initialState'> = { initialState: '', evolve: (text, letter) => text + letter };

    expect(fold(spelled, [])).toBe('');
    expect(fold(spelled, ['a', 'b', 'c'])).toBe('abc');
  });

  it('comes out the same wherever the history is cut in two', () => {
    const amounts = fc.array(fc.record({ type: fc.constantFrom('Deposited' as const, 'Withdrawn' as const), amount: fc.nat(100) }));
    fc.assert(fc.property(amounts, fc.nat(), (history, cut) => {
      const at = history.length === 0 ? 0 : cut % history.length;
      const half = fold(account, history.slice(0, at));
      expect(fold({ ...account, initialState: half }, history.slice(at))).toBe(fold(account, history));
    }));
  });

  it('reads a history once, so that it may be a stream', () => {
    const history = (function* (): Generator<Event> { yield { type: 'Deposited', amount: 2 }; yield { type: 'Withdrawn', amount: 1 }; })();

    expect(fold(account, history)).toBe(1);
  });
});

describe('a value that no branch expects', () => {
  it('is loud', () => {
    expect(() => unreachable('Surprise' as never)).toThrow('unexpected value: "Surprise"');
  });
});

describe('a specification with given, when and then', () => {
  const deposited: Event = { type: 'Deposited', amount: 5 };

  it('passes where exactly these events come out', () => {
    given(account, deposited).when({ type: 'Withdraw', amount: 5 }).then([{ type: 'Withdrawn', amount: 5 }]);
    given(account).when({ type: 'Deposit', amount: 0 }).thenNothing();
    given(account, deposited).when({ type: 'Withdraw', amount: 6 }).thenRefused('overdrawn');
  });

  it.each<[string, () => void]>([
    ['another event', () => given(account).when({ type: 'Deposit', amount: 1 }).then([deposited])],
    ['an event too many', () => given(account).when({ type: 'Deposit', amount: 5 }).then([])],
    ['an event too few', () => given(account).when({ type: 'Deposit', amount: 5 }).then([deposited, deposited])],
    ['something where nothing was expected', () => given(account).when({ type: 'Deposit', amount: 1 }).thenNothing()],
    ['a refusal where events were expected', () => given(account).when({ type: 'Withdraw', amount: 1 }).then([])],
    ['a refusal where nothing was expected', () => given(account).when({ type: 'Withdraw', amount: 1 }).thenNothing()],
    ['another refusal', () => given(account).when({ type: 'Withdraw', amount: 1 }).thenRefused('closed')],
    ['events where a refusal was expected', () => given(account).when({ type: 'Deposit', amount: 1 }).thenRefused('overdrawn')],
  ])('fails on %s', (_what, specification) => {
    expect(specification).toThrow();
  });

  it('takes a mistake in the decider for no refusal', () => {
    const broken: typeof account = { ...account, decide: () => { throw new TypeError('overdrawn'); } };

    expect(() => given(broken).when({ type: 'Deposit', amount: 1 }).thenRefused('overdrawn')).toThrow();
  });
});
