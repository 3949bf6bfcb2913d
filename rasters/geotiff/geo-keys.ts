/** The GeoKeys of a GeoTIFF file (OGC 19-008r4, section 7.1.2), as the geotiff package reads them. */
import { globals, type ImageFileDirectory } from 'geotiff';
import { Damage } from '../damage.js';

type Key = globals.GeoKeyName;

export class GeoKeys {
  private constructor(private readonly values: Readonly<Partial<Record<Key, unknown>>>) {}

  /** @throws Damage for a key that leads beyond its tag. */
  static of(directory: ImageFileDirectory): GeoKeys {
    // The package goes on for as many keys as there are said to be: no more than 16 bits can say.
    const shorts: unknown = directory.getValue('GeoKeyDirectory');
    if (shorts !== undefined && !(shorts instanceof Uint16Array))
      throw new Damage('has GeoKeys that are not numbers of 16 bits');
    const values = parse(directory);
    for (const key of Object.values(globals.geoKeyNames))
      if (key in values && values[key] === undefined) throw leadsNowhere(key);
    return new GeoKeys(values);
  }

  get isEmpty(): boolean {
    return Object.keys(this.values).length === 0;
  }

  number(key: Key): number | undefined {
    const value = this.values[key];
    return typeof value === 'number' ? value : undefined;
  }

  /** A text without the bar and the NUL it ends with. */
  text(key: Key): string | undefined {
    const value = this.values[key];
    if (!(value instanceof Uint8Array)) return undefined;
    return Buffer.from(value).toString('latin1').split(/[|\0]/, 1)[0];
  }
}

function parse(directory: ImageFileDirectory): Partial<Record<Key, unknown>> {
  try {
    return directory.parseGeoKeyDirectory() ?? {};
  } catch (error) {
    const key = error instanceof Error ? /geoKey '(\w+)'/.exec(error.message)?.[1] : undefined;
    if (key === undefined) throw error;
    throw leadsNowhere(key);
  }
}

/** @param key a name of the package's, or `undefined` of a key that it has none for. */
function leadsNowhere(key: string): Damage {
  const number = Object.entries(globals.geoKeyNames).find(([, name]) => name === key)?.[0] ?? 'of its own';
  return new Damage(`has a GeoKey ${number} that leads nowhere`);
}
