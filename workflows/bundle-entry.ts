/** The workflows a worker of the queue `parcelwise` runs; bundled at build time. */
export { campaign } from './campaign.js';
export { catalogueSync } from './catalogue-sync.js';
export { scene } from './scene.js';
export { tick } from './tick.js';
