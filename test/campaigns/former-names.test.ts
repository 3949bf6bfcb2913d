/** Words of an earlier version, each typed where people type it: taken as what it is called now, and said to be a former one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Command } from 'commander';
import { currentBandNames, FORMER_COMMANDS, FORMER_NAMES, noticesOf } from '../../campaigns/former-names.js';
import { orderOf } from '../../campaigns/make-order.js';
import { addCampaignOptions, type CampaignOptions, campaignRequest } from '../../cli/campaign-request.js';
import { createProgram } from '../../cli/program.js';
import { readDbConfig } from '../../database/selection/config.js';
import { checkCampaignInput } from '../../workflows/campaign-input.js';

const NOTICE = /^the band names `seed` are called `scripts` now; the next release/;

describe('former names', () => {
  let folder: string;
  let dbConfig: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-former-'));
    dbConfig = await configOf({ band_names: 'seed' });
  });
  after(() => rm(folder, { recursive: true }));

  async function configOf(args: object): Promise<string> {
    const path = join(folder, `${Object.values(args).join('-')}.json`);
    const tables = { aoi_table: 'aois', parcel_table: 'parcels', results_table: 'sigs' };
    const area = { name: 'roi', startdate: '2024-01-01', enddate: '2024-06-30' };
    await writeFile(path, JSON.stringify({ database: { tables, args: { ...area, ...args } } }));
    return path;
  }

  /** The options of a campaign, as typed. */
  function typed(...words: string[]): CampaignOptions {
    const command = addCampaignOptions(
      new Command().exitOverride().configureOutput({ writeErr: () => undefined }),
    );
    return command.parse(['--card', 's2', ...words], { from: 'user' }).opts();
  }

  it('are all told in the changelog, with what they are called now', () => {
    const page = readFileSync(new URL('../../../CHANGELOG.md', import.meta.url), 'utf8');
    const section = page.split(/^### Deprecated$/m)[1]!.split(/^#/m)[0]!;
    for (const { former, now } of FORMER_NAMES)
      assert.ok(
        section.split('\n').some((line) => line.includes(`\`${former}\``) && line.includes(`\`${now}\``)),
        former,
      );
  });

  it('of commands are taken, and not offered', async () => {
    const program = await createProgram();
    for (const { former, now } of Object.values(FORMER_COMMANDS)) {
      const [parent = '', last = ''] = former.split(' ');
      const group = program.commands.find((command) => command.name() === parent)!;
      const ofName = (name: string): Command => group.commands.find((command) => command.name() === name)!;
      assert.deepEqual(
        ofName(last).options.map(({ flags }) => flags),
        ofName(now.split(' ')[1]!).options.map(({ flags }) => flags),
      );
      assert.ok(!group.createHelp().visibleCommands(group).includes(ofName(last)));
    }
  });

  it('of band names are taken as an option, and not offered', async () => {
    const config = await configOf({ band_names: 'api' });
    const { input } = campaignRequest({ ...typed('--band-names', 'seed'), dbConfig: config });
    assert.equal(input.bandNames, 'scripts');
    assert.throws(() => typed('--band-names', 'sead'), /Allowed choices are api, scripts\./);
  });

  it('of band names are taken in db_config.json', () => {
    assert.equal(campaignRequest({ ...typed(), dbConfig }).input.bandNames, 'scripts');
    const order = orderOf({ card: 'bs', bands: ['VV'] }, readDbConfig(dbConfig, {}));
    assert.deepEqual([currentBandNames(order.bandNames), order.bands], ['scripts', ['VV']]);
  });

  it("of band names are taken in a workflow's input, and in orders of before", () => {
    const { bandNames } = checkCampaignInput({ card: 's2', bandNames: 'seed' });
    const order = orderOf({ card: 's2', bands: ['B04'], bandNames }, readDbConfig(dbConfig, {}));
    assert.deepEqual([currentBandNames(order.bandNames), order.bands], ['scripts', ['B4']]);
  });

  it('stand in orders, which workers of the release before may read', () => {
    const config = readDbConfig(dbConfig, {});
    assert.equal(orderOf({ card: 's2', bandNames: 'scripts' }, config).bandNames, 'seed');
    assert.equal(orderOf({ card: 's2', bandNames: 'api' }, config).bandNames, 'api');
  });

  it('get a notice from whichever of request and file says them', () => {
    const [api, seed] = [{ bandNames: 'api' }, { bandNames: 'seed' }] as const;
    assert.match(noticesOf(seed, api).join(), NOTICE);
    assert.match(noticesOf({}, seed).join(), NOTICE);
    assert.deepEqual(noticesOf(api, seed), []);
    assert.deepEqual(noticesOf({ bandNames: 'scripts' }, seed), []);
  });
});
