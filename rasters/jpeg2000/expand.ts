/**
 * What the build does to the kernel's sources before AssemblyScript compiles them. They are valid AssemblyScript without
 * it, and give the same results, slower.
 *
 * 1. `@inline` in the comment above a function becomes AssemblyScript's decorator of that name, which TypeScript's
 *    grammar (and so Prettier) does not allow on functions.
 * 2. A function that calls `decide` gets the MQ decoder's registers as local variables: loaded at its start, stored at
 *    its end, and each statement `x = decide(context);` replaced by the body of `decide` working on them.
 */

const DECIDE = /^( *)(const )?(\w+) = decide\((.*)\);$/gm;
const FUNCTION = /^(?:export )?function (\w+)\([^]*?^\}$/gm;

/** What the body of `decide`, and the loading and storing of registers, takes from the decoder's module. */
const NEEDED = ['SUCCESSORS', 'refill', 'refilledCT', 'registerA', 'registerC', 'registerCT', 'setRegisters'];

/** @param decoder source of the module that defines `decide` */
export function expandKernel(source: string, decoder: string): string {
  const withDecorators = source.replace(
    /^(\/\*\*(?:(?!\*\/)[^])*?@inline(?:(?!\*\/)[^])*?\*\/)\n/gm,
    '$1\n// @ts-ignore\n@inline\n',
  );
  if (source === decoder || !source.includes('decide(')) return withDecorators;
  const body = bodyOfDecide(decoder);
  const expanded = withDecorators.replace(FUNCTION, (text, name: string) =>
    text.includes('decide(') ? withRegisters(text, name, body) : text,
  );
  return `import { ${NEEDED.join(', ')} } from './mq';\n${expanded}`;
}

/** The statements of `decide`, up to its `return` of the decision. */
function bodyOfDecide(decoder: string): { statements: string; decision: string } {
  const match = /^export function decide\(context: usize\): u32 \{\n([^]*?)^ {2}return (.*);\n\}$/m.exec(
    decoder,
  );
  if (!match)
    throw new Error('the kernel has no function decide(context: usize): u32 that ends in its only return');
  return { statements: match[1]!, decision: match[2]! };
}

function withRegisters(text: string, name: string, body: { statements: string; decision: string }): string {
  if (/\breturn\b/.test(text))
    throw new Error(`kernel function ${name} calls decide, so it must not return early`);
  const calls = text.replace(
    DECIDE,
    (_, indent: string, declares: string | undefined, target: string, context: string) => {
      const declaration = declares ? `${indent}let ${target}: u32;\n` : '';
      return `${declaration}${indent}{\n${indent}const context: usize = ${context};\n${body.statements}${indent}${target} = ${body.decision};\n${indent}}`;
    },
  );
  if (calls.includes('decide('))
    throw new Error(`kernel function ${name} calls decide other than in x = decide(...);`);
  const start = calls.indexOf(' {\n', calls.indexOf(')')) + 3;
  return `${calls.slice(0, start)}  let A = registerA();\n  let C = registerC();\n  let CT = registerCT();\n${calls.slice(start, -1)}  setRegisters(A, C, CT);\n}`;
}
