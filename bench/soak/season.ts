/** What a soak publishes: a small scene on two days of three, told of by a STAC API that has many others besides. */
import { basename } from 'node:path';
import { ApiServer } from '../../test/stac/api-server.js';
import { cdseItem } from '../../test/stac/items.js';
import {
  FOOTPRINT,
  tinyItem,
  type TinyProduct,
  tinyProduct,
  writeTinyProduct,
} from '../../test/end-to-end/tiny-product.js';

const DAY_MS = 86_400_000;
/** The season's last day: what is published lies in the last days of the period, which ticks look at between sweeps. */
const LAST = Date.UTC(2024, 11, 30);
/** Scenes of earlier months, too cloudy to be entered: only sweeps of the whole period read them, page by page. */
const CLOUDY = 41;
export const PAGE_ITEMS = 20;
export const CLOUD_LIMIT = 80;
export const PERIOD = { start: '2024-01-01', end: '2024-12-31' };

export class SoakSeason {
  readonly published: TinyProduct[] = [];

  private constructor(
    private readonly bucket: string,
    private readonly days: number,
    private readonly api: ApiServer,
  ) {}

  /** @param bucket the bucket's folder. */
  static async open(bucket: string, days: number): Promise<SoakSeason> {
    const api = await ApiServer.start();
    for (let i = 0; i < CLOUDY; i++) {
      const { month, day } = date(LAST - (40 + 6 * i) * DAY_MS);
      const { reference } = tinyProduct(month, day, '0510', 'T200000');
      api.items.push(cdseItem({ reference, ring: FOOTPRINT, cloudCover: 95 }));
    }
    return new SoakSeason(bucket, days, api);
  }

  get url(): string {
    return this.api.url;
  }

  /** Days on which nothing is published are those whose growth is the ticks' own. */
  hasScene(day: number): boolean {
    return day % 3 !== 2;
  }

  /** Publishes the scene of a day, counted from 0: first the product, then its item. */
  async publish(day: number): Promise<void> {
    if (!this.hasScene(day)) return;
    const { month, day: dayOfMonth } = date(LAST - (this.days - 1 - day) * DAY_MS);
    const product = tinyProduct(month, dayOfMonth);
    await writeTinyProduct(this.bucket, product);
    this.api.items.push(tinyItem(product, basename(this.bucket)));
    this.published.push(product);
  }

  async close(): Promise<void> {
    await this.api.stop();
  }
}

function date(time: number): { month: number; day: number } {
  const when = new Date(time);
  return { month: when.getUTCMonth() + 1, day: when.getUTCDate() };
}
