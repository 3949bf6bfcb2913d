/** `parcelwise init`: creates what is missing in the database and on the Temporal server, and nothing else. */
import type { Command } from 'commander';
import { createCbmTables } from '../../database/selection/cbm-tables.js';
import { readDbConfig } from '../../database/selection/config.js';
import { openPool } from '../../database/session/pool.js';
import { VIEWED_CARDS } from '../../campaigns/viewed-cards.js';
import { requireTable } from '../../database/session/identifier.js';
import { tellOrbits } from '../../campaigns/tell-orbits.js';
import { makeResultsViews } from '../../database/results/results-views.js';
import { migrate } from '../../database/session/schema.js';
import { lookAtReadiness } from '../doctor/readiness.js';
import { createSearchAttributes, describeNamespace, withTemporal } from '../../client/index.js';
import { addConfigOptions, configFiles, type ConfigOptions } from '../config-options.js';

interface InitCommand extends ConfigOptions {
  readonly temporal: boolean;
}

export function addInit(program: Command): void {
  addConfigOptions(program.command('init'))
    .description(
      "create what is missing: CbM's tables, the schema parcelwise, Temporal search attributes; safe to repeat",
    )
    .option('--no-temporal', 'leave the Temporal server alone')
    .action(async (options: InitCommand) => {
      await initDatabase(options);
      if (options.temporal) await initTemporal();
    });
}

async function initDatabase(options: ConfigOptions): Promise<void> {
  const config = readDbConfig(configFiles(options).dbConfig, process.env);
  const pool = openPool(config.connection, { max: 2 });
  try {
    const applied = await migrate(pool);
    say(applied.length > 0 ? `schema parcelwise: ${applied.join(', ')}` : 'schema parcelwise: up to date');
    const created = await createCbmTables(pool, config.tables);
    say(created.length > 0 ? `tables created: ${created.join(', ')}` : "CbM's tables: all there");
    await tellOrbits(pool, await requireTable(pool, config.tables.catalogue, 'catalogue_table'));
    const { current, dekads } = await makeResultsViews(
      pool,
      config.tables,
      VIEWED_CARDS,
      Object.keys(config.indices ?? {}),
    );
    say(`views of ${config.tables.results}: ${current} to ${dekads}`);
    for (const finding of await lookAtReadiness(pool, config)) say(finding);
  } finally {
    await pool.end();
  }
}

async function initTemporal(): Promise<void> {
  await withTemporal(async (temporal) => {
    await describeNamespace(temporal);
    const created = await createSearchAttributes(temporal);
    say(
      created
        ? `search attributes: all there (${temporal.address}, namespace ${temporal.namespace})`
        : `search attributes: this server does not let us create them; ask its administrator, or do without`,
    );
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
