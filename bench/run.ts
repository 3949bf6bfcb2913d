/** `npm run bench`: runs the sections asked for and writes the report. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, Section } from './bench.js';
import { load, machineFacts } from './machine.js';
import { readOptions, type SectionName, USAGE } from './options.js';
import { installPeers } from './peers.js';
import { Report } from './report.js';
import { decode } from './sections/decode.js';
import { growth } from './sections/growth.js';
import { scene } from './sections/scene.js';
import { temporal } from './sections/temporal.js';
import { zonal } from './sections/zonal.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const SECTIONS: Record<SectionName, Section> = { decode, zonal, scene, temporal, growth };

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const folder = join(ROOT, '.parcelwise', 'bench');
  mkdirSync(folder, { recursive: true });
  const say = (line: string): void => {
    process.stderr.write(`${new Date().toISOString().slice(11, 19)} [load ${load()}] ${line}\n`);
  };
  const facts = await machineFacts();
  const peers = await installPeers(folder, say);
  const report = new Report((markdown) => {
    process.stdout.write(`${markdown}\n\n`);
  });
  const bench: Bench = { options, folder, peers, report, say };
  const out = options.out ?? join(ROOT, options.quick ? '.parcelwise/bench/quick.md' : 'bench/REPORT.md');
  for (const name of options.sections) {
    await SECTIONS[name](bench);
    writeFileSync(out, report.markdown('parcelwise measured', preface(bench, facts)));
  }
  say(`written to ${out}`);
}

function preface({ options, peers }: Bench, facts: string): string[] {
  return [
    `Written by \`npm run bench -- ${process.argv.slice(2).join(' ')}\`; see [README.md](README.md) for what is measured and how.`,
    `${facts}\n- load average when it ended: ${load()}\n- peers: ${peers.versions.join(', ')}`,
    ...(options.quick ? ['**A quick run: it shows that everything works, not how fast it is.**'] : []),
  ];
}

if (process.argv.includes('--help')) process.stdout.write(USAGE);
else {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
