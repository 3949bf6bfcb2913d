/** The rules that numbers are compared by, each in tables of its own. */
import { MAX_INNER_BUFFER_M } from '../../database/selection/defaults.js';

export interface Rule {
  /** As the report has it. */
  readonly name: string;
  /** What they are compared with. */
  readonly beside: string;
  /** Of db_config.json's `args`. */
  readonly args: {
    readonly pixels: string;
    readonly inner_buffer_m?: number;
    readonly clear: Readonly<Record<string, number>>;
  };
}

/**
 * @param metres the side of the finest pixels: buffers of half a pixel and a whole one, clouds grown by four
 * @param hasClasses whether clouds are known at all.
 */
export function rulesFor(metres: number, hasClasses: boolean): Rule[] {
  const [half, whole] = [metres / 2, Math.min(metres, MAX_INNER_BUFFER_M)];
  const buffers = { inner_buffer_m: half, clear: { inner_buffer_m: whole } };
  const widened: Rule = {
    name: `\`centre\`, clouds widened by ${4 * metres} m, 5 pixels at least`,
    beside: 'rasterstats, scipy',
    args: { pixels: 'centre', clear: { widen_m: 4 * metres, min_pixels: 5 } },
  };
  const told = `inner buffer ${half} m, ${whole} m for clear rows`;
  return [
    { name: '`centre`', beside: 'rasterstats', args: { pixels: 'centre', clear: {} } },
    ...(hasClasses ? [widened] : []),
    { name: '`touched`', beside: 'rasterstats (GDAL)', args: { pixels: 'touched', clear: {} } },
    { name: '`inside`', beside: 'shapely', args: { pixels: 'inside', clear: {} } },
    { name: '`fraction`', beside: 'exactextract', args: { pixels: 'fraction', clear: {} } },
    {
      name: `\`centre\`, ${told}`,
      beside: 'shapely, rasterstats',
      args: { pixels: 'centre', ...buffers },
    },
    {
      name: `\`fraction\`, ${told}`,
      beside: 'shapely, exactextract',
      args: { pixels: 'fraction', ...buffers },
    },
  ];
}
