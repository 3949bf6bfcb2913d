/**
 * Every metric, with its name, help and labels, in Prometheus's text format. Durations are in seconds.
 *
 * Terms. *Series*: the values of a metric for one set of labels.
 */

type Labels = Readonly<Record<string, string>>;

/** Something that writes its lines into a page of metrics. */
interface Metric {
  lines(): string[];
}

class Counter implements Metric {
  private readonly values = new Map<string, number>();

  constructor(
    private readonly name: string,
    private readonly help: string,
  ) {}

  add(labels: Labels, by = 1): void {
    const key = written(labels);
    this.values.set(key, (this.values.get(key) ?? 0) + by);
  }

  lines(): string[] {
    return [
      ...head(this.name, this.help, 'counter'),
      ...[...this.values].map(([labels, value]) => `${this.name}${labels} ${value}`),
    ];
  }
}

class Gauge implements Metric {
  constructor(
    private readonly name: string,
    private readonly help: string,
    /** Asked for whenever the page is. */
    private readonly read: () => number,
  ) {}

  lines(): string[] {
    return [...head(this.name, this.help, 'gauge'), `${this.name} ${this.read()}`];
  }
}

interface Series {
  readonly labels: Labels;
  readonly counts: number[];
  sum: number;
  count: number;
}

class Histogram implements Metric {
  private readonly series = new Map<string, Series>();

  constructor(
    private readonly name: string,
    private readonly help: string,
    private readonly bounds: readonly number[],
  ) {}

  observe(labels: Labels, value: number): void {
    const key = written(labels);
    let series = this.series.get(key);
    if (series === undefined) {
      series = { labels, counts: this.bounds.map(() => 0), sum: 0, count: 0 };
      this.series.set(key, series);
    }
    for (const [index, bound] of this.bounds.entries())
      if (value <= bound) series.counts[index] = series.counts[index]! + 1;
    series.sum += value;
    series.count += 1;
  }

  lines(): string[] {
    return [
      ...head(this.name, this.help, 'histogram'),
      ...[...this.series].flatMap(([key, { labels, counts, sum, count }]) => [
        ...counts.map(
          (below, index) =>
            `${this.name}_bucket${written({ ...labels, le: String(this.bounds[index]) })} ${below}`,
        ),
        `${this.name}_bucket${written({ ...labels, le: '+Inf' })} ${count}`,
        `${this.name}_sum${key} ${sum}`,
        `${this.name}_count${key} ${count}`,
      ]),
    ];
  }
}

function head(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function written(labels: Labels): string {
  const parts = Object.entries(labels).map(
    ([label, value]) =>
      `${label}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

/** What is asked of the connection pool's state, whichever pool it is. */
export interface PoolState {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** Metrics of the read side. */
export class ServerMetrics {
  private readonly requests = new Counter(
    'parcelwise_http_requests_total',
    'Requests answered, by route and status.',
  );
  private readonly seconds = new Histogram(
    'parcelwise_http_request_seconds',
    'How long answers took, by route.',
    [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
  );
  private readonly gauges: readonly Metric[];

  constructor(pool: PoolState) {
    this.gauges = [
      new Gauge(
        'parcelwise_database_connections',
        'Connections of the pool that are open.',
        () => pool.totalCount,
      ),
      new Gauge(
        'parcelwise_database_connections_idle',
        'Those of them that nobody uses.',
        () => pool.idleCount,
      ),
      new Gauge(
        'parcelwise_database_waiting',
        'Requests that wait for a connection.',
        () => pool.waitingCount,
      ),
    ];
  }

  answered(route: string, status: number, seconds: number): void {
    this.requests.add({ route, status: String(status) });
    this.seconds.observe({ route }, seconds);
  }

  page(): string {
    return `${[this.requests, this.seconds, ...this.gauges].flatMap((metric) => metric.lines()).join('\n')}\n`;
  }
}
