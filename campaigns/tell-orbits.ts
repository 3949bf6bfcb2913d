/** Orbits of scenes that are in the catalogue without one, by what CARD types know of products' names. */
import { CARD_TYPES } from '../cards/card-types.js';
import { orbitOf, storedOrbit } from '../cards/orbit.js';
import {
  keepOrbits,
  knownOrbit,
  type OrbitOfScene,
  type SceneOrbit,
  type UntoldScene,
  untoldScenes,
} from '../database/scenes/orbits.js';
import type { Database } from '../database/session/session.js';
import type { Scene, Table } from '../database/terms.js';

const BATCH = 5000;

/**
 * Scenes may be entered by anybody, so this is asked wherever scenes are prepared or worked on; where all have their lines it only
 * reads.
 * @param references of which scenes; of all in the catalogue where it is left out.
 */
export async function tellOrbits(
  database: Database,
  catalogue: Pick<Table, 'key'>,
  references?: readonly string[],
): Promise<void> {
  let after = -(2 ** 31);
  let found = BATCH;
  while (found === BATCH) {
    const scenes = await untoldScenes(database, catalogue, references, after, BATCH);
    await keepOrbits(database, catalogue, null, scenes.map(byName));
    for (const { obsid } of scenes) after = Math.max(after, obsid);
    found = scenes.length;
  }
}

/** The orbit of a scene of the catalogue, told now if nobody has asked yet. */
export async function orbitOfScene(
  database: Database,
  catalogue: Pick<Table, 'key'>,
  scene: Pick<Scene, 'obsid' | 'reference'>,
): Promise<SceneOrbit> {
  const known = await knownOrbit(database, catalogue, scene);
  if (known !== undefined) return known;
  await tellOrbits(database, catalogue, [scene.reference]);
  return (await knownOrbit(database, catalogue, scene)) ?? storedOrbit(undefined);
}

function byName({ reference, card, longitude }: UntoldScene): OrbitOfScene {
  const rules = CARD_TYPES.find(({ code }) => code === card)?.orbit;
  return { reference, ...storedOrbit(rules && orbitOf(rules, reference, {}, longitude ?? undefined)) };
}
