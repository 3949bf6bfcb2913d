/** From sub-bands to the values of a tile-component: the inverse discrete wavelet transform (ISO/IEC 15444-1 Annex F). */
import type { TileComponent } from './geometry.js';
import type { Kernel } from './kernel.js';
import { allocatePlane, type Plane, strideOf } from './plane.js';

/** IDWT (F.3.1): resolution levels from the lowest up. Two planes in turn: a level reads one and writes the other. */
export function inverseWavelet(
  kernel: Kernel,
  component: TileComponent,
  bands: Plane[][],
  reversible: boolean,
): Plane {
  const { resolutions } = component;
  const top = resolutions.length - 1;
  let plane = bands[0]![0]!;
  if (top === 0) return plane;
  // The three of a level lie one behind the other.
  const lastBand = resolutions[top]!.subbands[2]!;
  const { address: lastAddress, stride: lastStride } = bands[top]![2]!;
  const bandBytes = lastAddress + lastStride * (lastBand.y1 - lastBand.y0) - bands[top]![0]!.address;
  const sizes = resolutions.map(({ x0, y0, x1, y1 }) => ({ width: x1 - x0, height: y1 - y0 }));
  const { width, height } = sizes[top]!;
  const scratch = kernel.allocate(64 * (Math.max(width, height) + 64));
  const outputs = [top, top - 1].map((r) => allocatePlane(kernel, sizes[r]!.width, sizes[r]!.height, false));
  for (let r = 1; r <= top; r++) {
    const { x0, y0, x1, y1 } = resolutions[r]!;
    if (x1 === x0 || y1 === y0) continue;
    const [hl, lh, hh] = bands[r]!;
    const address = outputs[(top - r) % 2]!.address;
    // A smaller level uses the start of its plane, in rows of its own length.
    const stride = strideOf(x1 - x0);
    const inverse = reversible ? kernel.call.inverse53 : kernel.call.inverse97;
    inverse(
      plane.address,
      plane.stride,
      hl!.address,
      lh!.address,
      hh!.address,
      hl!.stride,
      x0,
      y0,
      x1,
      y1,
      address,
      stride,
      scratch,
    );
    plane = { address, stride };
  }
  const [first] = bands[top]!;
  return { ...plane, spare: { address: first!.address, length: bandBytes } };
}
