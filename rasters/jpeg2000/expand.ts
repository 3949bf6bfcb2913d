/**
 * What the build does to the kernel's sources before AssemblyScript compiles them. They are valid AssemblyScript without
 * it, and give the same results, slower.
 *
 * 1. `@inline` in the comment above a function becomes AssemblyScript's decorator of that name, which TypeScript's
 *    grammar (and so Prettier) does not allow on functions.
 * 2. A function that calls the MQ decoder gets those of its registers that it uses as local variables, loaded at the start
 *    and stored at the end, and each statement `x = decide(context);` (or another of DECIDERS) replaced by that function's
 *    body, working on them.
 */

const DECIDERS = ['decide', 'decideLikely', 'decideHeld'];
const CALL = /^( *)(const )?(\w+) = (decide\w*)\((.*)\);$/gm;
const ANY_CALL = /\bdecide\w*\(/;
const FUNCTION = /^(?:export )?function (\w+)\([^]*?^\}$/gm;
const INLINED = /^(\/\*\*(?:(?!\*\/)[^])*?@inline(?:(?!\*\/)[^])*?\*\/)\n/gm;

/** The decoder's module has a function `loadA` and a function `storeA` for register `A`. */
const REGISTERS = ['A', 'C', 'W'];

/** What the deciders' bodies, and the loading and storing of registers, take from the decoder's module. */
const NEEDED = [
  'CONTEXTS',
  'QE',
  'SUCCESSORS',
  'refill',
  ...REGISTERS.flatMap((register) => [`load${register}`, `store${register}`]),
];

/** A decider's statements, and the expression it returns. */
interface Body {
  readonly statements: string;
  readonly decision: string;
}

/** @param decoder source of the module that defines the deciders; it is compiled as it is */
export function expandKernel(source: string, decoder: string): string {
  const decorated = source.replace(INLINED, '$1\n// @ts-ignore\n@inline\n');
  if (source === decoder || !ANY_CALL.test(source)) return decorated;
  const bodies = new Map(DECIDERS.map((name) => [name, bodyOf(decoder, name)]));
  const expanded = decorated.replace(FUNCTION, (text, name: string) =>
    ANY_CALL.test(text) ? withRegisters(text, name, bodies) : text,
  );
  return `import { ${NEEDED.join(', ')} } from './mq';\n${expanded}`;
}

function bodyOf(decoder: string, name: string): Body {
  const pattern = `^export function ${name}\\((?:context: usize)?\\): u32 \\{\\n([^]*?)^ {2}return (.*);\\n\\}$`;
  const [, statements, decision] = new RegExp(pattern, 'm').exec(decoder) ?? [];
  if (statements === undefined || decision === undefined || /\breturn\b/.test(statements)) {
    throw new Error(
      `the kernel has no function ${name}(context: usize): u32, or without a context, that ends in its only return`,
    );
  }
  return { statements, decision };
}

function withRegisters(text: string, name: string, bodies: ReadonlyMap<string, Body>): string {
  if (/\breturn\b/.test(text))
    throw new Error(`kernel function ${name} uses the decoder: it must not return early`);
  // Twice: the body of one decider may call another.
  const calls = expandCalls(expandCalls(text, bodies), bodies);
  if (ANY_CALL.test(calls)) {
    throw new Error(`kernel function ${name} uses the decoder other than in x = decide(...);`);
  }
  const start = calls.indexOf(' {\n', calls.indexOf(')')) + 3;
  const used = REGISTERS.filter((register) => new RegExp(`\\b${register}\\b`).test(calls));
  const loads = used.map((register) => `  let ${register} = load${register}();\n`).join('');
  const stores = used.map((register) => `  store${register}(${register});\n`).join('');
  return `${calls.slice(0, start)}${loads}${calls.slice(start, -1)}${stores}}`;
}

/** Each call becomes a block, so that the names inside don't meet those outside. */
function expandCalls(text: string, bodies: ReadonlyMap<string, Body>): string {
  return text.replace(
    CALL,
    (_, indent: string, declares: string | undefined, target: string, callee: string, context: string) => {
      const { statements, decision } = bodies.get(callee)!;
      const declaration = declares ? `${indent}let ${target}: u32;\n` : '';
      const argument = context === 'context' || context === '' ? '' : `const context: usize = ${context};\n`;
      return `${declaration}${indent}{\n${argument}${statements}${indent}${target} = ${decision};\n${indent}}`;
    },
  );
}
