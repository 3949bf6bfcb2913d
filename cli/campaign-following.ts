/** A campaign that a command follows, and sums up at its end. */
import { type CampaignHandle, campaignName, followCampaign } from '../client/index.js';
import { ProgressBar } from '../terminal/progress-bar.js';
import type { Progress } from '../workflows/messages.js';
import { FAILED, INTERRUPTED } from '../terminal/exit-codes.js';
import { EXTRACTED } from '../workflows/scene-life.js';
import { SUPERSEDED } from '../database/ledger/supersession.js';
import { NO_PARCELS } from '../database/terms.js';
import { stopSignal } from './signals.js';

/** Follows it to its end and says what came of it; Ctrl-C leaves it to itself. */
export async function follow(handle: CampaignHandle): Promise<void> {
  const name = campaignName(handle.workflowId);
  const bar = new ProgressBar(process.stderr, name);
  const progress = await followCampaign(handle, bar, stopSignal()).finally(() => {
    bar.end();
  });
  if (progress) {
    say(summary(progress));
    if (cameToNothing(progress)) process.exitCode = FAILED;
  } else {
    say(`${name} goes on; "parcelwise campaign cancel ${name}" ends it`);
    process.exitCode = INTERRUPTED;
  }
}

/** Words that a scene ends in where nothing is wrong with it. */
const WELL: ReadonlySet<string> = new Set([EXTRACTED, NO_PARCELS, SUPERSEDED]);

/**
 * Whether a campaign has extracted nothing, though it had scenes to extract: then not a scene is wrong but what they are read from,
 * and a script should hear of it. Single scenes that end in other words are for a person to look at.
 */
export function cameToNothing({ ended }: Pick<Progress, 'ended'>): boolean {
  const words = Object.keys(ended);
  return !words.includes(EXTRACTED) && words.some((word) => !WELL.has(word));
}

/** `12 extracted, 1 bad_raster; 31,204 parcels met, 93,612 rows stored`, and below it what a person should look at. */
export function summary(progress: Progress): string {
  const ended = Object.entries(progress.ended).map(([status, count]) => `${count} ${status}`);
  if (progress.skipped > 0) ended.push(`${progress.skipped} skipped (in other hands)`);
  if (progress.released > 0) ended.push(`${progress.released} given back`);
  const scenes = ended.length > 0 ? ended.join(', ') : withoutEnds(progress);
  const { clear = 0 } = progress;
  const ofClear = clear > 0 ? ` and ${clear.toLocaleString('en')} clear ones` : '';
  const before = progress.stood ?? 0;
  const stood = before > 0 ? `, ${before.toLocaleString('en')} stood there already` : '';
  const warnings = progress.warnings.map((warning) => `\nwarning: ${warning}`).join('');
  const troubles = progress.troubles.map((trouble) => `\n  not extracted: ${trouble}`).join('');
  const nothing = cameToNothing(progress)
    ? '\nno scene was extracted: look at what the scenes are read from, let them be tried again ("parcelwise scene retry"; with --add there is no need), and start the campaign again'
    : '';
  return `${scenes}; ${progress.parcels.toLocaleString('en')} parcels met, ${progress.rows.toLocaleString('en')} rows${ofClear} stored${stood}${nothing}${troubles}${warnings}`;
}

/** Of a campaign without a scene that ended: only one that has looked for scenes knows that there were none. */
function withoutEnds({ phase, total }: Progress): string {
  if (total > 0) return 'no scene has ended';
  return phase === 'preparing' ? 'scenes were not looked for yet' : 'no scene to do';
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
