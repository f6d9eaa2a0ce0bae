import type { Metric, Registry } from 'prom-client';
import type { AnsweredReply, AnsweredRequest } from '../http/answered';

const NAME = 'rolebook_http_request_duration_seconds';
const HELP = 'Requests by method, route and status.';
/** Upper ends of the buckets, in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const;

interface Labels { readonly method: string; readonly route: string; readonly status: number }

interface Series {
  readonly labels: Labels;
  /** How many fell into each bucket, and past the last. */
  readonly counts: number[];
  sum: number;
}

/**
 * A histogram of how long requests took. Counts by place and not by the names of labels, which would have to be put in order and into
 * one text for every request: that costs more than all the rest of counting.
 */
export class RequestTimes {
  private readonly byRoute = new Map<object, Map<number, Series>>();
  private readonly series: Series[] = [];

  constructor(registry: Registry) {
    registry.registerMetric({ name: NAME, get: () => this.collected(), reset: () => undefined } as unknown as Metric);
  }

  observe(request: AnsweredRequest, reply: AnsweredReply): void {
    const seconds = reply.elapsedTime / 1000;
    const series = this.of(request, reply.statusCode);
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > BUCKETS[bucket]!) bucket++;
    series.counts[bucket]! += 1;
    series.sum += seconds;
  }

  private of({ method, routeOptions }: AnsweredRequest, status: number): Series {
    const place = routeOptions.url === undefined ? NO_ROUTE : routeOptions.config;
    let byStatus = this.byRoute.get(place);
    if (!byStatus) this.byRoute.set(place, byStatus = new Map<number, Series>());
    let series = byStatus.get(status);
    if (!series) {
      series = { labels: { method: routeOptions.url === undefined ? 'any' : method, route: routeOptions.url ?? 'none', status }, counts: new Array<number>(BUCKETS.length + 1).fill(0), sum: 0 };
      byStatus.set(status, series);
      this.series.push(series);
    }
    return series;
  }

  /** As prom-client writes out a histogram: cumulative buckets, sum and count. */
  private async collected(): Promise<object> {
    return { name: NAME, help: HELP, type: 'histogram', aggregator: 'sum', values: this.series.flatMap(valuesOf) };
  }
}

const NO_ROUTE = {};

function valuesOf({ labels, counts, sum }: Series): object[] {
  let soFar = 0;
  const buckets = counts.map((count, n) => ({ metricName: `${NAME}_bucket`, labels: { le: BUCKETS[n] ?? '+Inf', ...labels }, value: (soFar += count) }));
  return [...buckets, { metricName: `${NAME}_sum`, labels, value: sum }, { metricName: `${NAME}_count`, labels, value: soFar }];
}
