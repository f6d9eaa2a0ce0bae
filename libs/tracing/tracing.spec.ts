import { trace } from '@opentelemetry/api';
import { continued, currentTraceParent, isTracing, traced } from './tracing';

describe('without an SDK', () => {
  it('nobody traces, and no span is made', async () => {
    const getTracer = jest.spyOn(trace, 'getTracer');
    expect(isTracing()).toBe(false);
    expect(await traced('work', {}, () => Promise.resolve(7))).toBe(7);
    await expect(traced('work', {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(currentTraceParent()).toBeUndefined();
    expect(getTracer).not.toHaveBeenCalled();
  });
});

describe('a span that was written down', () => {
  it('can be gone on from', () => {
    const within = continued('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    expect(within && trace.getSpanContext(within)).toEqual({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1, isRemote: true });
  });

  it.each(['', 'x', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331', '01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-00000000000000000000000000000000-b7ad6b7169203331-01'])('is none: %j', (text) => {
    expect(continued(text)).toBeNull();
  });
});
