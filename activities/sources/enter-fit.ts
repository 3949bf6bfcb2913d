/** Enters scenes so that one which the database does not take, by its values, keeps none of the others out. */
import type pg from 'pg';
import { type Entered, enterScenes, type NewScene } from '../../database/scenes/products.js';

export interface EnteredFit extends Entered {
  /** References and why. */
  readonly unfit: readonly { readonly name: string; readonly reason: string }[];
}

/** Wrong data (class 22), and what PostGIS and PROJ say of a geometry (XX000). */
const UNFIT = /^(22...|XX000)$/;

/** @throws what the database says where it takes none of them: then it is not the scene that is at fault. */
export async function enterFit(
  pool: pg.Pool,
  target: Parameters<typeof enterScenes>[1],
  source: string,
  scenes: readonly NewScene[],
): Promise<EnteredFit> {
  try {
    return { ...(await enterScenes(pool, target, source, scenes)), unfit: [] };
  } catch (error) {
    if (!isUnfit(error) || scenes.length < 2) throw error;
  }
  const entered: Entered[] = [];
  const unfit: { name: string; reason: string }[] = [];
  let last: unknown;
  for (const scene of scenes) {
    try {
      entered.push(await enterScenes(pool, target, source, [scene]));
    } catch (error) {
      if (!isUnfit(error)) throw error;
      last = error;
      unfit.push({ name: scene.reference, reason: `not taken by the database (${error.code})` });
    }
  }
  if (entered.length === 0) throw last;
  return {
    entered: entered.flatMap((one) => one.entered),
    known: sum(entered, ({ known }) => known),
    doubled: sum(entered, ({ doubled }) => doubled),
    outside: entered.flatMap(({ outside }) => outside),
    unfit,
  };
}

function isUnfit(error: unknown): error is Error & { readonly code: string } {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && UNFIT.test(error.code)
  );
}

const sum = (entered: readonly Entered[], of: (one: Entered) => number): number =>
  entered.reduce((total, one) => total + of(one), 0);
