/** The GeoKeys of a GeoTIFF file (OGC 19-008r4, section 7.1.2): codes, numbers and texts by the number of the key. */
import { Damage } from '../damage.js';
import type { Directory } from './directory.js';

/** The keys that are looked at. */
export const KEYS = {
  modelType: 1024,
  rasterType: 1025,
  citation: 1026,
  geographic: 2048,
  angularUnits: 2054,
  projected: 3072,
  projectedCitation: 3073,
  projection: 3074,
  linearUnits: 3076,
  linearUnitSize: 3077,
} as const;

type Key = (typeof KEYS)[keyof typeof KEYS];

const SHORTS_A_KEY = 4;
const DOUBLE_PARAMS = 34736;
const ASCII_PARAMS = 34737;

export class GeoKeys {
  private constructor(private readonly values: ReadonlyMap<number, number | string>) {}

  /** @throws Damage for a key that leads beyond its tag. */
  static of(directory: Directory): GeoKeys {
    const shorts = directory.numbers('GeoKeyDirectory') ?? new Float64Array(0);
    const doubles = directory.numbers('GeoDoubleParams') ?? new Float64Array(0);
    const texts = directory.text('GeoAsciiParams') ?? '';
    const values = new Map<number, number | string>();
    const count = Math.min(shorts[3] ?? 0, Math.floor(shorts.length / SHORTS_A_KEY) - 1);
    for (let i = 1; i <= count; i++) {
      const [key, tag, length, from] = shorts.subarray(SHORTS_A_KEY * i) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const value =
        tag === DOUBLE_PARAMS
          ? doubles[from]
          : tag === ASCII_PARAMS
            ? texts.slice(from, from + length)
            : from;
      if (value === undefined) throw new Damage(`has a GeoKey ${key} that leads nowhere`);
      if (!values.has(key)) values.set(key, value);
    }
    return new GeoKeys(values);
  }

  get isEmpty(): boolean {
    return this.values.size === 0;
  }

  number(key: Key): number | undefined {
    const value = this.values.get(key);
    return typeof value === 'number' ? value : undefined;
  }

  /** A text without the bar and the NUL it ends with. */
  text(key: Key): string | undefined {
    const value = this.values.get(key);
    return typeof value === 'string' ? value.split(/[|\0]/, 1)[0] : undefined;
  }
}
