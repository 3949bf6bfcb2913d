/** `npm run bench`: runs the sections asked for and writes the report. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Section } from './bench.js';
import { Findings } from './findings.js';
import { load, machineFacts } from './machine.js';
import { type Options, readOptions, type SectionName, USAGE } from './options.js';
import { installPeers, type Peers } from './peers.js';
import { runProgram } from './program.js';
import { formatted, markdown, Report } from './report.js';
import { decode } from './sections/decode.js';
import { faithful } from './sections/faithful.js';
import { numbers } from './sections/numbers.js';
import { growth } from './sections/growth.js';
import { layers } from './sections/layers.js';
import { profile } from './sections/profile.js';
import { read } from './sections/read.js';
import { scene } from './sections/scene.js';
import { sparse } from './sections/sparse.js';
import { temporal } from './sections/temporal.js';
import { zonal } from './sections/zonal.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const SECTIONS: Record<SectionName, Section> = {
  decode,
  zonal,
  faithful,
  numbers,
  scene,
  layers,
  sparse,
  read,
  temporal,
  growth,
  profile,
};

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const folder = join(ROOT, '.parcelwise', 'bench');
  const findings = new Findings(options.quick ? join(folder, 'found-quick') : join(ROOT, 'bench', 'found'));
  const say = (line: string): void => {
    process.stderr.write(`${new Date().toISOString().slice(11, 19)} [load ${load()}] ${line}\n`);
  };
  const out = options.out ?? join(ROOT, options.quick ? '.parcelwise/bench/quick.md' : 'bench/REPORT.md');
  mkdirSync(folder, { recursive: true });
  const peers = await installPeers(folder, say);
  for (const name of options.sections) {
    const facts = await machineFacts();
    const before = load();
    const report = new Report((markdown) => {
      process.stdout.write(`${markdown}\n\n`);
    });
    await SECTIONS[name]({ options, folder, peers, report, say });
    if (options.prepare) continue;
    const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
    await findings.keep(
      name,
      report.finding(`_\`${command}\`, ${facts}; load average before ${before}, after ${load()}_`),
    );
    writeFileSync(
      out,
      await formatted(markdown('parcelwise measured', preface(options, peers), findings.all())),
    );
  }
  if (!options.prepare) say(`written to ${out}`);
  // Sections that compare set it where something is off.
  return Number(process.exitCode ?? 0);
}

function preface(options: Options, peers: Peers): string[] {
  return [
    `Written by \`npm run bench\`; see [README.md](README.md) for what is measured and how. Peers: ${peers.versions.join(', ')}.`,
    ...(options.quick ? ['**A quick run: it shows that everything works, not how fast it is.**'] : []),
  ];
}

await runProgram(USAGE, main);
