/**
 * Compiles the kernel (kernel/*.ts, AssemblyScript) to dist/zonal/kernel.wasm, where that is older than its sources. Part
 * of `npm run build`: node dist/zonal/build.js
 */
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const SOURCES = fileURLToPath(new URL('../../zonal/kernel/', import.meta.url));
const TARGET = fileURLToPath(new URL('kernel.wasm', import.meta.url));

function isFresh(): boolean {
  const built = statSync(TARGET, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const inputs = [...readdirSync(SOURCES).map((name) => SOURCES + name), fileURLToPath(import.meta.url)];
  return inputs.every((path) => statSync(path).mtimeMs < built);
}

async function compile(): Promise<void> {
  const modules = new Set(readdirSync(SOURCES).filter((name) => name.endsWith('.ts')));
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];
  const messages: string[] = [];
  const { error } = await asc.main(['index.ts', '--outFile', 'kernel.wasm', ...options], {
    readFile: (name) => (modules.has(name) ? readFileSync(SOURCES + name, 'utf8') : null),
    writeFile: (_name, contents) => {
      writeFileSync(TARGET, contents);
    },
    listFiles: () => [],
    stderr: { write: (text) => void messages.push(text.toString()) },
  });
  if (error)
    throw new Error(`the kernel of the statistics does not compile:\n${messages.join('')}`, { cause: error });
}

if (!isFresh()) await compile();
