/**
 * Words that people type and that were others in an earlier version. A former one is taken for one more release, as what it
 * is called now, and whoever types it gets a notice. All of them stand here and in the changelog; with the release after,
 * a line goes from both.
 */
import type { BandNames } from '../cards/card.js';

interface FormerName {
  /** What it names: a command, or a value of a field of the input, its flag and its key in db_config.json. */
  readonly of: string;
  readonly former: string;
  readonly now: string;
}

export const FORMER_COMMANDS = {
  plan: { of: 'the command', former: 'campaign plan', now: 'campaign forecast' },
} as const satisfies Record<string, FormerName>;

export const FORMER_BAND_NAMES = {
  seed: { of: 'the band names', former: 'seed', now: 'scripts' },
} as const satisfies Record<string, FormerName & { readonly now: BandNames }>;

export const FORMER_NAMES: readonly FormerName[] = [
  ...Object.values(FORMER_COMMANDS),
  ...Object.values(FORMER_BAND_NAMES),
];

/** As inputs, files and campaigns in flight may say it. */
export type SaidBandNames = BandNames | keyof typeof FORMER_BAND_NAMES;

export function currentBandNames(said: SaidBandNames): BandNames {
  return isFormer(said) ? FORMER_BAND_NAMES[said].now : said;
}

/** As an order travels to workers that may be of the release before, which would read the present word as `api`. */
export function bandNamesInFlight(names: BandNames): SaidBandNames {
  const former = Object.values(FORMER_BAND_NAMES).find(({ now }) => now === names);
  return former?.former ?? names;
}

/** The notice for whoever typed a former name. */
export function noticeOf({ of, former, now }: FormerName): string {
  return `${of} \`${former}\` ${of.endsWith('s') ? 'are' : 'is'} called \`${now}\` now; the next release will not know the former name`;
}

/** Notices for a request, and for what db_config.json says where the request leaves it out. */
export function noticesOf(
  request: { readonly bandNames?: SaidBandNames | undefined },
  config: { readonly bandNames: SaidBandNames },
): string[] {
  const said = request.bandNames ?? config.bandNames;
  return isFormer(said) ? [noticeOf(FORMER_BAND_NAMES[said])] : [];
}

function isFormer(said: SaidBandNames): said is keyof typeof FORMER_BAND_NAMES {
  return said in FORMER_BAND_NAMES;
}
