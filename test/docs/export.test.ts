/** docs/export.md says what holds: its commands work as they stand, and name every property of the item. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { MAIN } from '../cli/command.js';
import { skipWithoutServer } from '../database/database.js';
import { ExportedSeason } from '../export/exported-season.js';
import { temporaryFolder } from '../temporary-folder.js';

const PAGE = readFileSync(new URL('../../../docs/export.md', import.meta.url), 'utf8');
const COMMANDS = [...PAGE.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, text = '']) =>
  text.trim().split('\n'),
);

describe('docs/export.md', { skip: skipWithoutServer }, () => {
  const root = temporaryFolder('export-page');
  let season: ExportedSeason;
  before(async () => {
    season = await ExportedSeason.make(root);
    await season.writeConfig('db_config.json');
  });
  after(() => season.database.drop());

  it('has commands that work', async () => {
    assert.equal(COMMANDS.length, 3);
    for (const command of COMMANDS) {
      const script = `npx() { shift; '${process.execPath}' '${MAIN}' "$@"; }; ${command}`;
      const { stdout } = await promisify(execFile)('bash', ['-ec', script], { cwd: root });
      assert.match(stdout, /[1-9]\d* rows/, command);
    }
    for (const file of ['ndvi.csv', 'parcels.parquet', 'export/2024/manifest.json', 'export/2024/item.json'])
      assert.ok(existsSync(season.pathOf(file)), file);
  });

  it('tells the fields of the manifest and the properties of the item', async () => {
    const { properties } = JSON.parse(readFileSync(season.pathOf('export/2024/item.json'), 'utf8')) as {
      properties: Record<string, unknown>;
    };
    const own = Object.keys(properties).filter((name) => name.includes(':') && !name.startsWith('table:'));
    const { files, ...manifest } = await season.manifestOf('export/2024');
    const told = [...own, ...Object.keys(manifest), ...files.flatMap((file) => Object.keys(file))];
    const untold = told.filter(
      (name) => !PAGE.includes(`\`${name}\``) && !['type', 'version'].includes(name),
    );
    assert.deepEqual(untold, []);
  });
});
