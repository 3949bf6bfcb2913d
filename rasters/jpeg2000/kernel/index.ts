/**
 * The kernel: what of decoding a JPEG 2000 tile is worth compiling to WebAssembly. No runtime, no allocation: the caller
 * (../kernel.ts) owns the memory behind the kernel's tables and hands in addresses.
 */
import { prepareContexts } from './contexts';
import { prepareStates } from './mq';

export { decodeBlock } from './block';
export { inverse53 } from './wavelet53';
export { inverse97 } from './wavelet97';
export { writeSamples } from './samples';

/** To be called once, before anything else. Returns the first address that the caller may use. */
export function prepare(): usize {
  prepareStates();
  prepareContexts();
  return __heap_base;
}
