/** Requests of many scenes in flight beside what the store's account is allowed. */
import { benchScene } from '../product/scenes.js';
import { number } from '../report.js';
import { ScenesInTurn, type Sparse } from './scenes-in-turn.js';
import { FREE_LANE } from './slow-store.js';

/** Copernicus Data Space's free lane allows 2,000 a minute; a twentieth of it, so that few scenes reach it. */
const ALLOWED_A_SECOND = 2000 / 60 / 20;
const SCENES = 12;
const IN_FLIGHT = 4;
const WITHIN_SECONDS = 10;

export async function quota(sparse: Sparse): Promise<void> {
  const { options, report, store, images, say } = sparse;
  const scenes = Array.from({ length: 1 + 2 * SCENES }, () => images(true));
  const runs = await ScenesInTurn.open(sparse, options.parcels.at(-1)!, scenes);
  try {
    await runs.drawArea({ side: Math.sqrt(0.05), at: [1, 1] });
    await runs.warm();
    const [free, held] = [
      await most(2, []),
      await most(2 + SCENES, ['--max-requests', String(ALLOWED_A_SECOND)]),
    ];
    report.paragraph(
      `**Requests**: ${SCENES} scenes with an AOI of 5 %, ${IN_FLIGHT} in flight, made ${free.requests} requests, at most ${free.most} within any ${WITHIN_SECONDS} s; ` +
        `held to ${number(ALLOWED_A_SECOND)} a second by \`--max-requests\`, they made ${held.requests}, at most ${held.most} within any ${WITHIN_SECONDS} s. ` +
        'Copernicus Data Space allows 2,000 a minute, 333 in that time.',
    );
    report.target({
      what: `requests within ${WITHIN_SECONDS} s against --max-requests`,
      unit: ' x',
      measured: held.most / (ALLOWED_A_SECOND * WITHIN_SECONDS),
      // A second's worth may have been taken just before, and a lease's ends are not the window's.
      atMost: 1.2,
    });
  } finally {
    await runs.close();
  }

  async function most(first: number, flags: readonly string[]): Promise<{ requests: number; most: number }> {
    store.slowness = FREE_LANE;
    store.reset();
    const [from, to] = [benchScene(first).day, benchScene(first + SCENES - 1).day];
    await runs.worker.campaign(from, to, IN_FLIGHT, flags);
    say(`sparse: ${SCENES} scenes ${flags.join(' ')}: ${store.requests} requests`);
    return { requests: store.requests, most: store.mostWithin(WITHIN_SECONDS) };
  }
}
