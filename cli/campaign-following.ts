/** A campaign that a command follows, and sums up at its end. */
import { type CampaignHandle, campaignName, followCampaign } from '../client/index.js';
import { ProgressBar } from '../terminal/progress-bar.js';
import type { Progress } from '../workflows/messages.js';
import { INTERRUPTED } from '../terminal/exit-codes.js';
import { stopSignal } from './signals.js';

/** Follows it to its end and says what came of it; Ctrl-C leaves it to itself. */
export async function follow(handle: CampaignHandle): Promise<void> {
  const name = campaignName(handle.workflowId);
  const bar = new ProgressBar(process.stderr, name);
  const progress = await followCampaign(handle, bar, stopSignal()).finally(() => {
    bar.end();
  });
  if (progress) say(summary(progress));
  else {
    say(`${name} goes on; "parcelwise campaign cancel ${name}" ends it`);
    process.exitCode = INTERRUPTED;
  }
}

/** `12 extracted, 1 bad_raster; 31,204 parcels met, 93,612 rows stored`, and below it what a person should look at. */
export function summary(progress: Progress): string {
  const ended = Object.entries(progress.ended).map(([status, count]) => `${count} ${status}`);
  if (progress.skipped > 0) ended.push(`${progress.skipped} skipped (in other hands)`);
  if (progress.released > 0) ended.push(`${progress.released} given back`);
  const scenes = ended.length > 0 ? ended.join(', ') : withoutEnds(progress);
  const before = progress.stood ?? 0;
  const stood = before > 0 ? `, ${before.toLocaleString('en')} stood there already` : '';
  const warnings = progress.warnings.map((warning) => `\nwarning: ${warning}`).join('');
  const troubles = progress.troubles.map((trouble) => `\n  not extracted: ${trouble}`).join('');
  return `${scenes}; ${progress.parcels.toLocaleString('en')} parcels met, ${progress.rows.toLocaleString('en')} rows stored${stood}${troubles}${warnings}`;
}

/** Of a campaign without a scene that ended: only one that has looked for scenes knows that there were none. */
function withoutEnds({ phase, total }: Progress): string {
  if (total > 0) return 'no scene has ended';
  return phase === 'preparing' ? 'scenes were not looked for yet' : 'no scene to do';
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
