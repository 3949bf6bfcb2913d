/** What CbM's routes of chips are asked: a place, days, bands, and which products. */
import type { FastifyRequest } from 'fastify';
import { cardType } from '../../cards/card-types.js';
import { parcelsById } from '../../database/reads/parcels-at.js';
import { scenesInBox } from '../../database/reads/scenes-at.js';
import { DatabaseSetupError } from '../../database/session/errors.js';
import type { Table } from '../../database/terms.js';
import { maySee, NOBODY_ASKED } from '../accounts/account.js';
import type { ChipScene } from '../chips/known-bands.js';
import { pickScenes } from '../chips/pick-scenes.js';
import { Place } from '../chips/place.js';
import type { Served } from '../served.js';
import { Unanswerable } from './answer.js';
import { datasetOf, type Query } from './query.js';

/** Metres. Of larger squares the middle is shown, as CbM's documents say. */
const SIDE = { usual: 1280, most: 5120 } as const;

/** CbM's words for processing levels. */
const LEVELS: Readonly<Record<string, string>> = { LEVEL2A: 's2', 'CARD-BS': 'bs', 'CARD-COH6': 'c6' };

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** @throws Unanswerable for what is no place on the globe, or so near a pole that a square has no width there */
export function placeOf({ pool }: Served, lon: unknown, lat: unknown): Place {
  const [x, y] = [numberOf(lon), numberOf(lat)];
  if (Math.abs(x) > 180 || Math.abs(y) > 85) throw new Unanswerable('lon and lat are no place');
  return new Place(pool, x, y);
}

/** The centre of a parcel; undefined where there is no such parcel. */
export async function parcelPlace(served: Served, query: Query): Promise<Place | undefined> {
  if (query.pid === undefined) throw new Unanswerable('the query names no pid');
  const { parcels } = await datasetOf(served, query).tablesOf(query.ptype);
  const plain = { withGeometry: false, wgs84: false };
  const [parcel] = await parcelsById(served.pool, parcels, query.pid, plain);
  return parcel && placeOf(served, parcel.clon, parcel.clat);
}

export function sideOf(chipsize: unknown): number {
  const metres = chipsize === undefined || chipsize === '' ? SIDE.usual : numberOf(chipsize);
  if (metres <= 0) throw new Unanswerable('chipsize is a number of metres');
  return Math.min(metres, SIDE.most);
}

export function cardOf(level: unknown = 'LEVEL2A'): string {
  const card = typeof level === 'string' ? LEVELS[level.toUpperCase()] : undefined;
  if (card === undefined) throw new Unanswerable('plevel is one of LEVEL2A, CARD-BS, CARD-COH6');
  return card;
}

/** The product's names of bands. */
export function bandsOf(card: string, names: readonly string[]): string[] {
  if (names.length === 0) throw new Unanswerable('no band is asked for');
  return names.map((name) => {
    try {
      return cardType(card).parseBand(name);
    } catch (error) {
      throw new Unanswerable((error as Error).message);
    }
  });
}

/** Catalogues that who asks may see: the one of a dataset that is named, else all of them. */
export async function cataloguesOf(served: Served, request: FastifyRequest, query: Query): Promise<Table[]> {
  if (query.aoi !== undefined && query.year !== undefined)
    return [(await datasetOf(served, query).tablesOf(query.ptype)).catalogue];
  const account = request.account ?? NOBODY_ASKED;
  const found = new Map<string, Table>();
  for (const dataset of served.datasets.all()) {
    if (!maySee(account, dataset.aoi)) continue;
    try {
      const { catalogue } = await dataset.tablesOf();
      found.set(catalogue.key, catalogue);
    } catch (error) {
      // A dataset that can't be served has no scenes.
      if (!(error instanceof DatabaseSetupError)) throw error;
    }
  }
  return [...found.values()];
}

/** Scenes of those days over a square, one a moment, in their order. */
export async function scenesOf(
  { pool }: Served,
  catalogues: readonly Table[],
  { place, metres, card }: { readonly place: Place; readonly metres: number; readonly card: string },
  { start_date: firstDay = '', end_date: lastDay = '' }: Query,
): Promise<ChipScene[]> {
  if (!isDay(firstDay) || !isDay(lastDay)) throw new Unanswerable('start_date and end_date are days');
  const scenes: ChipScene[] = [];
  for (const catalogue of catalogues) {
    const found = await scenesInBox(pool, catalogue, place.box(metres), { card, firstDay, lastDay });
    scenes.push(...found.map((scene) => ({ ...scene, catalogue: catalogue.key })));
  }
  return pickScenes(scenes);
}

function isDay(text: string): boolean {
  return DAY.test(text) && !Number.isNaN(Date.parse(text));
}

function numberOf(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw new Unanswerable('a number is missing');
  return number;
}
