/** Whether the counts of a certificate add up, by itself: whoever signs may have signed anything. */
import { canonicalJson } from './canonical.js';
import type { Certificate } from './certificate.js';
import { sumOf, sumsOf } from './sums.js';
import { fails, holds, type Line, shortened } from './verdict.js';

/** Of each scene and layer, of the sums of each table, and of the audit. */
export function verifySums({ tables, audit }: Certificate): Line[] {
  const lines: Line[] = [];
  for (const { results, scenes, sums } of tables) {
    for (const { obsid, parcels, layers } of scenes)
      for (const [layer, one] of Object.entries(layers))
        if (sumOf(one) !== parcels)
          lines.push(
            fails(
              `${results}: scene ${obsid}, ${layer}: ${one.rows} rows and its reasons are not the ${parcels} parcels met`,
            ),
          );
    if (canonicalJson(sums) !== canonicalJson(sumsOf(scenes)))
      lines.push(fails(`${results}: the sums are not those of its scenes`));
    if (new Set(scenes.map(({ obsid }) => obsid)).size < scenes.length)
      lines.push(fails(`${results}: a scene is listed twice`));
  }
  const scenes = tables.reduce((sum, one) => sum + one.scenes.length, 0);
  if (audit.extracted !== scenes)
    lines.push(fails(`the audit was of ${audit.extracted} extracted scenes, ${scenes} are listed`));
  return lines.length === 0
    ? [holds(`in every band of ${scenes} scenes, rows and reasons add up to the parcels met`)]
    : shortened(lines, 'counts that do not add up');
}
