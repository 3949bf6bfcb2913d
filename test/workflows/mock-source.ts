/** A source of scenes in memory, read page by page; what is new in it is entered into the mock's catalogue. */
import type { SyncActivities, SyncOrder } from '../../activities/sync-contract.js';
import type { SyncInput } from '../../campaigns/sync-options.js';
import type { MockActivities } from './mock-activities.js';

/** One page as the source gives it. */
export interface MockPage {
  readonly received: number;
  /** Of these so many are new. */
  readonly entered?: number;
  readonly doubled?: number;
  readonly refused?: Readonly<Record<string, number>>;
  /** Items the source says its search has; null where it doesn't say. */
  readonly matched?: number | null;
}

export class MockSource {
  /** Pages of each search. */
  searches: (readonly MockPage[])[] = [[{ received: 0 }]];
  /** Whether the whole period is read. */
  sweep = true;
  /** Every call as it began: `prepareSync`, `syncPage 0 1` (search and page). */
  readonly calls: string[] = [];
  readonly requests: SyncInput[] = [];
  /** Called before a page is given; throws what the test wants the source to fail with. */
  beforePage: (search: number, page: number) => void | Promise<void> = () => undefined;

  constructor(private readonly mock: MockActivities) {}

  get activities(): SyncActivities {
    return {
      prepareSync: (request) => {
        this.calls.push('prepareSync');
        this.requests.push(request);
        return Promise.resolve(this.order);
      },
      syncPage: async (_order, { box }, cursor) => {
        const [search] = box;
        const page = Number(cursor?.page ?? 0);
        this.calls.push(`syncPage ${search} ${page}`);
        await this.beforePage(search, page);
        const pages = this.searches[search]!;
        const { received, entered = 0, doubled = 0, refused = {}, matched = null } = pages[page]!;
        this.mock.addScenes(entered);
        const left = Object.values(refused).reduce((sum, count) => sum + count, 0);
        return {
          ...{ received, entered, doubled, refused, matched },
          known: received - entered - doubled - left,
          examples: Object.entries(refused).map(([reason]) => `item of page ${page}: ${reason}`),
          next: page + 1 < pages.length ? { page: page + 1 } : null,
        };
      },
      concludeSync: () => {
        this.calls.push('concludeSync');
        return Promise.resolve();
      },
    };
  }

  private get order(): SyncOrder {
    const period = { start: '2024-03-01', end: '2024-04-01' };
    return {
      source: { stac: 'https://stac.example.org/v1' },
      label: 'https://stac.example.org/v1',
      tables: { catalogue: 'public.scenes', aois: 'public.aois' },
      aoi: { field: 'name', name: 'here' },
      period,
      pageSize: 100,
      // The box tells the searches apart.
      searches: this.searches.map((_, i) => ({ box: [i, 50, i + 1, 51], period })),
      sweep: this.sweep ? 'all of it' : null,
    };
  }
}
