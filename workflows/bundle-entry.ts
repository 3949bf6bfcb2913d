/**
 * The workflows a worker of the queue `parcelwise` runs; bundled at build time.
 *
 * Terms. *Campaign*: keeps scenes in flight until none is left. *Scene*: claim, stage, plan, chunks, mark. *Sync*: enters
 * the scenes of a source. *Tick*: what a schedule starts, a sync and then a campaign. *Round*: one reading of the catalogue
 * by a campaign. *Consequence*: what follows from a failure.
 */
export { campaign } from './campaign.js';
export { catalogueSync } from './catalogue-sync.js';
export { scene } from './scene.js';
export { tick } from './tick.js';
