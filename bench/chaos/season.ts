/**
 * The scenes of a chaos run. A few are painted (the *originals*), and some of these are spoilt; all others are copies of
 * them in later years, so that any number of scenes costs no more than links, and the undisturbed run over the originals
 * says what each copy's rows must be.
 */
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type pg from 'pg';
import type { Tables } from '../../database/terms.js';
import type { SeasonScene } from '../../demo/season/calendar.js';
import { loadSeason } from '../../demo/season/load-season.js';
import { painter } from '../../demo/season/painter.js';
import { sceneFiles } from '../../demo/season/scene-writer.js';
import { world, type World } from '../../demo/season/world.js';

export type Card = SeasonScene['card'];
export const CARDS: readonly Card[] = ['s2', 'bs', 'c6'];

const SEED = 1;
const YEAR = 2024;
/** What is wrong with an original on purpose: a scene's own fault has to end in its own word whatever else happens. */
type Spoil = 'no B08' | 'cut short' | 'no product';

/** An object, and the painted file that it is a link to. */
interface SeasonFile {
  readonly key: string;
  readonly source: string;
}

interface Original {
  readonly scene: SeasonScene;
  readonly files: readonly SeasonFile[];
}

/** The faults of the last originals of each card. */
const SPOILT: Readonly<Record<Card, readonly (Spoil | undefined)[]>> = {
  s2: ['no B08', 'cut short'],
  bs: [],
  c6: ['no product'],
};

export class ChaosSeason {
  private readonly years: Record<Card, number> = { s2: 0, bs: 0, c6: 0 };

  private constructor(
    private readonly bucket: string,
    private readonly world: World,
    private readonly originals: readonly Original[],
  ) {}

  /**
   * Paints so many originals of each card, or finds them painted in `painted`, and puts them into the bucket. Both
   * folders are on one disk.
   */
  static async make(
    painted: string,
    bucket: string,
    perCard: Readonly<Record<Card, number>>,
  ): Promise<ChaosSeason> {
    const all = world(SEED);
    const paint = painter(all);
    const originals: Original[] = [];
    for (const card of CARDS) {
      const scenes = all.scenes.filter((scene) => scene.card === card).slice(0, perCard[card]);
      for (const [i, scene] of scenes.entries()) {
        const marker = join(painted, `${scene.reference}.txt`);
        if (!(await exists(marker))) {
          const files = await sceneFiles(scene, paint(scene));
          for (const { key, bytes } of files) await put(join(painted, key), bytes);
          await put(marker, files.map(({ key }) => `${key}\n`).join(''));
        }
        const fault = SPOILT[card][i - scenes.length + SPOILT[card].length];
        originals.push({ scene, files: await spoil(painted, marker, fault) });
      }
    }
    const season = new ChaosSeason(bucket, all, originals);
    for (const { files } of originals) await season.link(files, YEAR);
    return season;
  }

  /** Brings parcels and originals into the database; the campaigns' own tables are emptied. */
  async load(pool: pg.Pool, calm: readonly Tables[], chaos: readonly Tables[]): Promise<void> {
    const scenes = this.originals.map(({ scene }) => scene);
    await loadSeason(pool, { ...this.world, scenes }, [...calm, ...chaos]);
    await pool.query('DROP TABLE IF EXISTS season.twin');
    await pool.query('CREATE TABLE season.twin (obsid integer PRIMARY KEY, original integer NOT NULL)');
  }

  get aoi(): string {
    return this.world.aoi.name;
  }

  /** Enters a copy of every original of the card as `ingested`, and says how many these are. */
  async addYear(pool: pg.Pool, card: Card): Promise<number> {
    const year = YEAR + ++this.years[card];
    const ours = this.originals.filter(({ scene }) => scene.card === card);
    for (const { files } of ours) await this.link(files, year);
    // The files come first: a scene may be taken up as soon as it stands in the catalogue.
    const { rowCount } = await pool.query(COPY, [card, year - YEAR, String(YEAR), String(year)]);
    return rowCount ?? 0;
  }

  private async link(files: Original['files'], year: number): Promise<void> {
    for (const { key, source } of files) {
      const path = join(this.bucket, key.replaceAll(String(YEAR), String(year)));
      await mkdir(dirname(path), { recursive: true });
      await rm(path, { force: true });
      await link(source, path);
    }
  }
}

const COPY = `
  WITH copied AS (
    INSERT INTO season.chaos_catalogue (obstime, reference, sensor, card, status, footprint)
    SELECT obstime + make_interval(years => $2), replace(reference, $3, $4), sensor, card, 'ingested', footprint
    FROM season.calm_catalogue WHERE card = $1 ORDER BY obstime
    RETURNING id, reference
  )
  INSERT INTO season.twin (obsid, original)
  SELECT copied.id, c.id FROM copied JOIN season.calm_catalogue c ON copied.reference = replace(c.reference, $3, $4)`;

/** The files of an original, read from the list of them, as its fault leaves them. */
async function spoil(
  painted: string,
  marker: string,
  fault: Spoil | undefined,
): Promise<readonly SeasonFile[]> {
  const keys = (await readFile(marker, 'utf8')).trim().split('\n');
  const files = keys.map((key) => ({ key, source: join(painted, key) }));
  if (fault === undefined) return files;
  if (fault === 'no product') return [];
  if (fault === 'no B08') return files.filter(({ key }) => !key.includes('_B08_'));
  return await Promise.all(
    files.map(async ({ key, source }) => {
      if (!key.includes('_B04_')) return { key, source };
      const whole = await readFile(source);
      const cut = join(painted, 'spoilt', key);
      await put(cut, whole.subarray(0, whole.length >> 2));
      return { key, source: cut };
    }),
  );
}

async function put(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
