/**
 * Compiles the kernel (kernel/*.ts, AssemblyScript) to dist/rasters/jpeg2000/kernel.wasm, where that is older than its
 * sources. Part of `npm run build`: node dist/rasters/jpeg2000/build.js
 */
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { expandKernel } from './expand.js';

const SOURCES = fileURLToPath(new URL('../../../rasters/jpeg2000/kernel/', import.meta.url));
const TARGET = fileURLToPath(new URL('kernel.wasm', import.meta.url));
const BUILDERS = ['build.js', 'expand.js'].map((name) => fileURLToPath(new URL(name, import.meta.url)));

function isFresh(): boolean {
  const built = statSync(TARGET, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(SOURCES).map((name) => SOURCES + name);
  return [...sources, ...BUILDERS].every((path) => statSync(path).mtimeMs < built);
}

async function compile(): Promise<void> {
  const decoder = readFileSync(`${SOURCES}mq.ts`, 'utf8');
  const modules = readdirSync(SOURCES).filter((name) => name.endsWith('.ts'));
  const sources = new Map(
    modules.map((name) => [name, expandKernel(readFileSync(SOURCES + name, 'utf8'), decoder)]),
  );
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];
  const messages: string[] = [];
  const { error } = await asc.main(['index.ts', '--outFile', 'kernel.wasm', ...options], {
    readFile: (name) => sources.get(name) ?? null,
    writeFile: (_name, contents) => {
      mkdirSync(new URL('.', import.meta.url), { recursive: true });
      writeFileSync(TARGET, contents);
    },
    listFiles: () => [],
    stderr: { write: (text) => void messages.push(text.toString()) },
  });
  if (error)
    throw new Error(`the JPEG 2000 kernel does not compile:\n${messages.join('')}`, { cause: error });
}

if (!isFresh()) await compile();
