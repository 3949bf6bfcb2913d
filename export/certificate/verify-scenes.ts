/** Whether certified scenes are still the same products, and met the same parcels; and what became of those of which it is not so. */
import type pg from 'pg';
import { type SceneNow, extractionsNow, scenesNow } from '../../database/certified/extractions.js';
import { gapDigests, type ParcelsMet, parcelsMet } from '../../database/certified/parcels-met.js';
import { findTable } from '../../database/session/identifier.js';
import type { Table } from '../../database/terms.js';
import type { CertifiedScene, CertifiedTable } from './certificate.js';
import { gapsDigest, gapsOf, NONE_MET } from './state-table.js';
import { fails, holds, type Line, note, shortened } from './verdict.js';
import { productDifference } from './product-difference.js';

/**
 * @param made when the certificate was made
 * @param changed scenes whose rows are not as certified; those that are not so by the ledger are added
 */
export async function verifyScenes(
  client: pg.ClientBase,
  certified: CertifiedTable,
  made: string,
  changed: Set<number>,
): Promise<Line[]> {
  const { catalogue: name, results, scenes } = certified;
  const catalogue = await findTable(client, name);
  if (catalogue === undefined) return [fails(`the catalogue ${name} is gone`)];
  const obsids = scenes.map(({ obsid }) => obsid);
  const now = new Map((await scenesNow(client, catalogue, results, obsids)).map((one) => [one.obsid, one]));
  const met = new Map((await parcelsMet(client, results, scenes)).map((one) => [one.obsid, one]));
  const ledger = await differencesByLedger(client, results, scenes, met);
  const products = await verifyProducts(client, certified, catalogue);
  const lines: Line[] = [];
  const notes: Line[] = [];
  for (const scene of scenes) {
    const { obsid, reference } = scene;
    const found = now.get(obsid)?.reference ?? null;
    const product = products.get(obsid);
    if (found !== reference)
      lines.push(fails(`scene ${obsid} is ${found ?? 'gone'} in ${name}, ${reference} was certified`));
    else if (product !== undefined) lines.push(fails(`scene ${obsid}: ${product}`));
    const difference = ledger.get(obsid);
    if (difference !== undefined) {
      changed.add(obsid);
      lines.push(fails(`${results}: scene ${obsid}: by the ledger ${difference}`));
    }
    notes.push(...whatBecame(scene, now.get(obsid), met.get(obsid), made, changed.has(obsid)));
  }
  return [
    ...(lines.length === 0 ? [holds(`${name} and the ledger: the same scenes, parcels and reasons`)] : []),
    ...shortened(lines, 'scenes'),
    ...shortened(notes, 'scenes of which as much can be said'),
  ];
}

/** By scene, of those that are not as certified. */
async function differencesByLedger(
  client: pg.ClientBase,
  results: string,
  scenes: readonly CertifiedScene[],
  met: ReadonlyMap<number, ParcelsMet>,
): Promise<Map<number, string>> {
  const layers = scenes.flatMap(({ obsid, chunks, layers: own }) =>
    Object.keys(own).map((layer) => ({ obsid, chunks, layer })),
  );
  const gaps = gapsOf(await gapDigests(client, results, layers));
  const found = new Map<number, string>();
  for (const { obsid, parcels, parcelsDigest, gapsDigest: certified, layers: own } of scenes) {
    const { parcels: count, digest } = met.get(obsid) ?? NONE_MET;
    const missing = gaps.get(obsid) ?? [];
    const reasons = Object.values(own).flatMap((layer) => Object.values(layer.gaps));
    const isCounted =
      reasons.length === missing.length &&
      missing.every(({ layer, reason, parcels: all }) => own[layer]?.gaps[reason] === all);
    if (digest !== parcelsDigest) found.set(obsid, 'other parcels are met than were certified');
    else if (count !== parcels) found.set(obsid, `${count} parcels are met, ${parcels} were certified`);
    else if (!isCounted || gapsDigest(missing) !== certified)
      found.set(obsid, 'other parcels have no row, or for other reasons, than were certified');
  }
  return found;
}

/** By scene, of those whose product or rule is another one now. */
async function verifyProducts(
  client: pg.ClientBase,
  { results, scenes, measured }: CertifiedTable,
  catalogue: Table,
): Promise<Map<number, string>> {
  const obsids = scenes.map(({ obsid }) => obsid);
  const now = await extractionsNow(client, catalogue, results, obsids);
  const certified = new Map(scenes.map((scene) => [scene.obsid, scene]));
  const found = new Map<number, string>();
  for (const one of now) {
    const difference = productDifference(certified.get(one.obsid)!, measured, one);
    if (difference !== undefined) found.set(one.obsid, difference);
  }
  return found;
}

/** What parcelwise itself has done with a scene since. */
function whatBecame(
  { obsid, supersededBy }: CertifiedScene,
  now: SceneNow | undefined,
  met: ParcelsMet | undefined,
  made: string,
  isChanged: boolean,
): Line[] {
  const newer = now?.supersededBy ?? null;
  const lines: Line[] = [];
  if (newer !== null && newer !== supersededBy?.obsid)
    lines.push(
      note(
        `scene ${obsid} is superseded by scene ${newer} since; its rows stay, and the views leave them out`,
      ),
    );
  const last = met?.lastStored ?? '';
  const { later = 0 } = met ?? {};
  if (isChanged && now?.status == null)
    lines.push(
      note(`scene ${obsid} was forgotten since (parcelwise scene forget): the certificate is of rows before`),
    );
  else if (isChanged && (last > made || later > 0))
    lines.push(
      note(
        `scene ${obsid} was renewed since: parcelwise stored rows of it${last > made ? ` on ${last}` : ''}; make another certificate`,
      ),
    );
  else if (last > made) lines.push(note(`scene ${obsid} has been given more layers since, on ${last}`));
  else if (later > 0)
    lines.push(note(`scene ${obsid} has been given more parcels since, which are not certified: ${later}`));
  return lines;
}
