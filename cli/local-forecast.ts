/** A campaign's forecast, made in this process by a database session that can't write. */
import { type Forecast, forecast } from '../forecast/forecast.js';
import { Selections } from '../campaigns/selections.js';
import { readDbConfig } from '../database/selection/config.js';
import { openPool } from '../database/session/pool.js';
import type { ObjectStore } from '../store/object-store.js';
import { openStore } from '../store/open.js';
import { readS3Config } from '../store/s3-config.js';
import type { CampaignInput } from '../campaigns/options.js';
import type { configFiles } from './config-options.js';
import { stopSignal } from './signals.js';
import { StepLine } from '../terminal/step-line.js';

export async function forecastHere(
  files: ReturnType<typeof configFiles>,
  input: CampaignInput,
  sample: number,
): Promise<Forecast> {
  const config = readDbConfig(files.dbConfig, process.env);
  const pool = openPool(config.connection, { max: 4, readOnly: true });
  const line = new StepLine();
  let store: ObjectStore | undefined;
  try {
    const dependencies = {
      ...{ pool, config, selections: new Selections(pool) },
      bucket: () => (store ??= openStore(readS3Config(files.s3Config, process.env))),
    };
    return await forecast(dependencies, input, {
      ...{ sample, signal: stopSignal() },
      onProgress: (step, share) => {
        line.show(step, share);
      },
    });
  } finally {
    line.end();
    store?.close();
    await pool.end();
  }
}
