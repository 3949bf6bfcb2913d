import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { campaignOf, connectTemporal, type TemporalConnection } from '../../../client/index.js';
import type { Accounts } from '../../../server/accounts/access.js';
import { enterToken } from '../../../server/accounts/enter.js';
import { Tokens } from '../../../server/accounts/tokens.js';
import { Campaigns } from '../../../server/campaigns.js';
import { Datasets } from '../../../server/datasets/datasets.js';
import { buildServer } from '../../../server/serve.js';
import { campaignId } from '../../../workflows/ids.js';
import { skipWithoutServer } from '../../database/database.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { ENTRY, serveSeason, type ServedSeason, silent } from '../served-season.js';
import { type Asking, askingOf } from './asking.js';

const ADDRESS = process.env.PARCELWISE_TEST_TEMPORAL ?? '';
/** Nothing listens there. */
const NOWHERE = '127.0.0.1:1';

interface Listed {
  readonly name: string;
  readonly standing: string;
}

describe('campaigns of our own API', { skip: skipWithoutServer || ADDRESS === '' }, () => {
  const name = `asked-${randomBytes(4).toString('hex')}`;
  const opened: Campaigns[] = [];
  let season: ServedSeason;
  let temporal: TemporalConnection;
  before(async () => {
    season = await serveSeason();
    temporal = await connectTemporal({ TEMPORAL_ADDRESS: ADDRESS });
    // No worker polls this queue: the campaign stands as it was started.
    await temporal.client.workflow.start('campaign', {
      ...{ workflowId: campaignId(name), taskQueue: name, args: [{ card: 's2' }] },
    });
  });
  after(async () => {
    await campaignOf(temporal.client, name)
      .terminate()
      .catch(() => undefined);
    for (const campaigns of opened) await campaigns.close();
    await temporal.connection.close();
    await season.end();
  });

  const serve = (address: string, accounts?: Accounts) => {
    const campaigns = new Campaigns({ TEMPORAL_ADDRESS: address });
    opened.push(campaigns);
    const datasets = new Datasets(season.pool, [ENTRY]);
    return buildServer({ pool: season.pool, datasets, campaigns }, { log: silent, accounts });
  };
  const asking = async (address: string) => askingOf({ ...season, app: await serve(address) });
  const get = (ask: Asking, path = '') => ask.get(`/api/v1/campaigns${path}`);

  it('are listed, and told of where no worker answers', async () => {
    const ask = await asking(ADDRESS);
    const found = async () =>
      (await ask.answer<{ campaigns: Listed[] }>('listCampaigns', get(ask))).campaigns.find(
        (one) => one.name === name,
      );
    // The server lists what was started a moment later.
    const limit = Date.now() + 20_000;
    while ((await found()) === undefined && Date.now() < limit) await sleep(200);
    assert.equal((await found())?.standing, 'RUNNING');
    const told = await ask.answer<{ progress: unknown; unanswered: string; standing: string }>(
      'getCampaign',
      get(ask, `/${name}`),
    );
    assert.equal(told.standing, 'RUNNING');
    assert.equal(told.progress, null);
    assert.match(told.unanswered, /no worker answers/);
    await ask.problem(404, get(ask, '/nosuch'));
  });

  it('are for accounts that may see all areas', async () => {
    const file = join(temporaryFolder('campaigns'), 'tokens.json');
    const tokenOf = (aoi: string) => enterToken(file, { name: aoi, aois: [aoi], expires: undefined });
    const [some, all] = [tokenOf('ms'), tokenOf('admin')];
    const app = await serve(ADDRESS, { tokens: new Tokens(file, silent) });
    const statusFor = async (token: string) =>
      (await app.inject({ url: '/api/v1/campaigns', headers: { authorization: `Bearer ${token}` } }))
        .statusCode;
    assert.equal(await statusFor(some), 403);
    assert.equal(await statusFor(all), 200);
  });

  it('say that Temporal is away, or that nobody told of one', async () => {
    const away = await asking(NOWHERE);
    for (const path of ['', `/${name}`]) {
      const answer = await get(away, path);
      assert.equal(answer.headers['retry-after'], '5');
      const told = await away.problem(503, Promise.resolve(answer));
      assert.match(told.detail, /Temporal/);
      assert.doesNotMatch(answer.body, /127\.0\.0\.1/);
    }
    const none = askingOf(season);
    assert.match((await none.problem(404, get(none))).remedy ?? '', /TEMPORAL_ADDRESS/);
  });
});
