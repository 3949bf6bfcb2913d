/** `npm run season`: reckons a season from what the section `sparse` measured, and writes the tables of docs/scale.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { withPart } from '../docs/generate/section.js';
import { Findings } from './findings.js';
import { narrator, runProgram, UsageError } from './program.js';
import { seasonTables } from './season/page.js';

const PAGE = fileURLToPath(new URL('../../docs/scale.md', import.meta.url));
const FOUND = fileURLToPath(new URL('../../bench/found', import.meta.url));

async function main(): Promise<number> {
  const figures = new Findings(FOUND).of('sparse')?.figures;
  if (figures === undefined) throw new UsageError('nothing was measured yet: run npm run bench -- sparse');
  const figureOf = (name: string): number => {
    const value = figures[name];
    if (value === undefined)
      throw new UsageError(`the section sparse has not found ${name}: run npm run bench -- sparse`);
    return value;
  };
  const tables = seasonTables(figureOf, narrator());
  await writeFile(PAGE, await withPart(await readFile(PAGE, 'utf8'), 'season', tables, 'npm run season'));
  return 0;
}

await runProgram('npm run season\n', main);
