/** Asking for seasons: series over HTTP, rows in order or not, in memory or not; points, peers, exports, a campaign beside, indexes. */
import type { Bench } from '../bench.js';
import { besideCampaign, prepareCampaign } from '../read/beside-campaign.js';
import { ROWS_OF_A_PARCEL } from '../read/names.js';
import { prepareSeasons } from '../read/preparing.js';
import { questions } from '../read/questions.js';
import { seriesLoads } from '../read/series-loads.js';
import { Stage } from '../read/stage.js';
import { storing } from '../read/storing.js';
import { takeAway } from '../read/take-away.js';

export async function read(bench: Bench): Promise<void> {
  const parcels = Math.ceil(bench.options.rows / ROWS_OF_A_PARCEL);
  const stage = await Stage.open(bench, parcels);
  try {
    await prepareSeasons(bench, stage);
    if (bench.options.prepare) {
      await prepareCampaign(bench, stage);
      return;
    }
    const rows = (parcels * ROWS_OF_A_PARCEL).toLocaleString('en');
    bench.report.section('Reading seasons');
    bench.report.paragraph(
      `Two seasons of the same ${parcels.toLocaleString('en')} parcels, ${rows} rows each (${ROWS_OF_A_PARCEL} a parcel) and their histograms, of made numbers, ` +
        'stored chunk by chunk as campaigns do it, and indexed. The one that is over has its rows in the order of parcels (`results cluster`), the one that runs as they were stored. ' +
        'PostgreSQL has 256 MB of shared buffers; server, clients and PostgreSQL share the cores.',
    );
    await seriesLoads(bench, stage);
    await questions(bench, stage);
    await takeAway(bench, stage);
    await besideCampaign(bench, stage);
    await storing(bench, stage);
  } finally {
    await stage.close();
  }
}
