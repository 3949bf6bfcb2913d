/** The command `parcelwise` and what it understands. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addAudit } from './commands/audit.js';
import { addCampaign } from './commands/campaign.js';
import { addCatalogue } from './commands/catalogue.js';
import { addDoctor } from './commands/doctor.js';
import { addDemo } from './commands/demo.js';
import { addExtract } from './commands/extract.js';
import { addInit } from './commands/init.js';
import { addReconcile, addScene } from './commands/scene.js';
import { addSchedule } from './commands/schedule.js';
import { addUp } from './commands/up.js';
import { addWorker } from './commands/worker.js';

export function createProgram(): Command {
  const program = new Command('parcelwise')
    .description(
      'Zonal statistics of every agricultural parcel in every satellite scene, as durable Temporal workflows',
    )
    .version(version())
    .showHelpAfterError('(--help says more)')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  addInit(program);
  addWorker(program);
  addCampaign(program);
  addCatalogue(program);
  addSchedule(program);
  addExtract(program);
  addScene(program);
  addReconcile(program);
  addDoctor(program);
  addUp(program);
  addDemo(program);
  addAudit(program);
  return program;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
