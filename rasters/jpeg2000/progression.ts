/** The order of packets in a tile (ISO/IEC 15444-1 B.12.1). */
import type { TileComponent } from './geometry.js';
import { MAX_PACKET_VISITS } from './limits.js';
import { Unsupported } from '../unsupported.js';
import type { Component, Rectangle } from './siz.js';
import type { Volume } from './coding-style.js';

export interface PacketId {
  readonly component: number;
  readonly resolution: number;
  readonly precinct: number;
  readonly layer: number;
}

/** A precinct and the point of the reference grid by which position-driven orders find it. */
interface Placed {
  readonly component: number;
  readonly resolution: number;
  readonly precinct: number;
  readonly x: number;
  readonly y: number;
}

/** All packets of a tile in order. Where volumes overlap, a packet comes with the first that names it (B.12.2). */
export function* packetOrder(
  volumes: readonly Volume[],
  components: readonly TileComponent[],
  sampling: readonly Component[],
  tile: Rectangle,
): Generator<PacketId> {
  const [only] = volumes;
  if (only && volumes.length === 1) {
    yield* packetsOf(only, components, sampling, tile);
    return;
  }
  // Layers of each precinct that have come: they come in order.
  const come = components.map(({ resolutions }) =>
    resolutions.map(({ precincts }) => new Uint16Array(precincts.length)),
  );
  let visits = 0;
  for (const volume of volumes) {
    for (const packet of packetsOf(volume, components, sampling, tile)) {
      const layers = come[packet.component]![packet.resolution]!;
      if (++visits > MAX_PACKET_VISITS) throw new Unsupported('has too many progression order changes');
      if (packet.layer < layers[packet.precinct]!) continue;
      layers[packet.precinct] = packet.layer + 1;
      yield packet;
    }
  }
}

function* packetsOf(
  volume: Volume,
  components: readonly TileComponent[],
  sampling: readonly Component[],
  tile: Rectangle,
): Generator<PacketId> {
  const { progression, layers, firstResolution } = volume;
  const most = Math.max(...components.map((component) => component.resolutions.length));
  const resolutions = Math.min(volume.resolutions, most);
  if (progression === 'LRCP') {
    for (let layer = 0; layer < layers; layer++) {
      for (let r = firstResolution; r < resolutions; r++) yield* packetsAt(volume, components, r, layer);
    }
  } else if (progression === 'RLCP') {
    for (let r = firstResolution; r < resolutions; r++) {
      for (let layer = 0; layer < layers; layer++) yield* packetsAt(volume, components, r, layer);
    }
  } else {
    const order = placePrecincts(volume, components, sampling, tile).sort(COMPARE[progression]);
    for (const placed of order) {
      for (let layer = 0; layer < layers; layer++) yield { ...placed, layer };
    }
  }
}

function* packetsAt(
  { firstComponent, components: end }: Volume,
  components: readonly TileComponent[],
  resolution: number,
  layer: number,
): Generator<PacketId> {
  for (let component = firstComponent; component < Math.min(end, components.length); component++) {
    // A component may have fewer decomposition levels than others.
    const count = components[component]!.resolutions[resolution]?.precincts.length ?? 0;
    for (let precinct = 0; precinct < count; precinct++) yield { component, resolution, precinct, layer };
  }
}

const byPosition = (a: Placed, b: Placed): number => a.y - b.y || a.x - b.x;
const byComponent = (a: Placed, b: Placed): number => a.component - b.component;
const byResolution = (a: Placed, b: Placed): number => a.resolution - b.resolution;
const byPrecinct = (a: Placed, b: Placed): number => a.precinct - b.precinct;

/** B.12.1.3 to B.12.1.5 as an order of precincts: their loops over x and y visit each where its corner lies. */
const COMPARE = {
  RPCL: (a: Placed, b: Placed) =>
    byResolution(a, b) || byPosition(a, b) || byComponent(a, b) || byPrecinct(a, b),
  PCRL: (a: Placed, b: Placed) =>
    byPosition(a, b) || byComponent(a, b) || byResolution(a, b) || byPrecinct(a, b),
  CPRL: (a: Placed, b: Placed) =>
    byComponent(a, b) || byPosition(a, b) || byResolution(a, b) || byPrecinct(a, b),
};

/** Upper left corners of all precincts on the reference grid, those that begin outside the tile moved to its edge. */
function placePrecincts(
  volume: Volume,
  components: readonly TileComponent[],
  sampling: readonly Component[],
  tile: Rectangle,
): Placed[] {
  return components.flatMap((tileComponent, component) => {
    const { stepX, stepY } = sampling[component]!;
    if (component < volume.firstComponent || component >= volume.components) return [];
    return tileComponent.resolutions.flatMap((level, resolution) => {
      if (resolution < volume.firstResolution || resolution >= volume.resolutions) return [];
      const scale = 2 ** (tileComponent.resolutions.length - 1 - resolution);
      const { precinctWidth, precinctHeight, precinctColumns } = level;
      const firstColumn = Math.floor(level.x0 / precinctWidth);
      const firstRow = Math.floor(level.y0 / precinctHeight);
      return level.precincts.map((_, precinct) => {
        const x = (firstColumn + (precinct % precinctColumns)) * precinctWidth * scale * stepX;
        const y = (firstRow + Math.floor(precinct / precinctColumns)) * precinctHeight * scale * stepY;
        return { component, resolution, precinct, x: Math.max(x, tile.x0), y: Math.max(y, tile.y0) };
      });
    });
  });
}
