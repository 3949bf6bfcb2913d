/**
 * How a tile is coded: COD, COC, QCD and QCC of the main header and of the tile's own (ISO/IEC 15444-1 A.6.1, A.6.2,
 * A.6.4, A.6.5), put together by their order of precedence.
 */
import { Bytes } from './bytes.js';
import type { Segment } from './segment.js';
import { Damage } from '../damage.js';
import { Marker } from './markers.js';
import { type Volume, PROGRESSIONS } from './coding-style.js';
import { Unsupported } from '../unsupported.js';
import type { Progression, CodingStyle } from './coding-style.js';

/** Quantization of a component (tables A.27 to A.30). */
export interface Quantization {
  readonly style: 'none' | 'derived' | 'expounded';
  readonly guardBits: number;
  /** Exponent and mantissa by sub-band; with style `derived` those of LL only (E-5). */
  readonly steps: readonly { readonly exponent: number; readonly mantissa: number }[];
}

export interface TileParameters {
  /** Orders of packets, one after the other. */
  readonly volumes: readonly Volume[];
  readonly layers: number;
  readonly componentTransform: boolean;
  /** SOP markers may come before packets. */
  readonly sop: boolean;
  /** EPH markers come after packet headers. */
  readonly eph: boolean;
  readonly components: readonly {
    readonly coding: CodingStyle;
    readonly quantization: Quantization;
    /** By how many bit-planes a region of interest is raised (A.6.3). */
    readonly roiShift: number;
  }[];
  /** Markers met in the tile's headers or the main header. */
  readonly markers: ReadonlySet<number>;
}

interface CodingDefault {
  readonly progression: Progression;
  readonly layers: number;
  readonly componentTransform: boolean;
  readonly sop: boolean;
  readonly eph: boolean;
  readonly coding: CodingStyle;
}

/** What one header, main or tile, sets. */
interface Settings {
  cod: CodingDefault | undefined;
  qcd: Quantization | undefined;
  readonly coc: Map<number, CodingStyle>;
  readonly qcc: Map<number, Quantization>;
  readonly rgn: Map<number, number>;
  readonly poc: Volume[];
}

/** @throws Damage where a segment is malformed, or COD or QCD is missing. */
export function tileParameters(
  mainHeader: readonly Segment[],
  tileHeader: readonly Segment[],
  componentCount: number,
): TileParameters {
  const main = parseSettings(mainHeader, componentCount);
  const tile = parseSettings(tileHeader, componentCount);
  const cod = tile.cod ?? main.cod;
  if (!cod) throw new Damage('has no COD marker segment');
  const components = Array.from({ length: componentCount }, (_, c) => {
    // Tile COC > tile COD > main COC > main COD (A.6.2), and the same for quantization (A.6.5).
    const coding = tile.coc.get(c) ?? tile.cod?.coding ?? main.coc.get(c) ?? cod.coding;
    const quantization = tile.qcc.get(c) ?? tile.qcd ?? main.qcc.get(c) ?? main.qcd;
    if (!quantization) throw new Damage('has no QCD marker segment');
    const needed = quantization.style === 'derived' ? 1 : 3 * coding.levels + 1;
    if (quantization.steps.length < needed) throw new Damage('has fewer quantization steps than sub-bands');
    return { coding, quantization, roiShift: tile.rgn.get(c) ?? main.rgn.get(c) ?? 0 };
  });
  const changes = tile.poc.length > 0 ? tile.poc : main.poc;
  const { progression, layers } = cod;
  const whole = { progression, layers, firstResolution: 0, firstComponent: 0 };
  const volumes =
    changes.length > 0
      ? changes.map((change) => ({ ...change, layers: Math.min(change.layers, layers) }))
      : [{ ...whole, resolutions: Infinity, components: Infinity }];
  const markers = new Set([...mainHeader, ...tileHeader].map(({ marker }) => marker));
  return { ...cod, volumes, components, markers };
}

function parseSettings(segments: readonly Segment[], componentCount: number): Settings {
  const settings: Settings = {
    cod: undefined,
    qcd: undefined,
    coc: new Map(),
    qcc: new Map(),
    rgn: new Map(),
    poc: [],
  };
  for (const { marker, data } of segments) {
    if (marker === Marker.COD) settings.cod = parseCod(new Bytes(data, 'COD marker segment'));
    else if (marker === Marker.QCD) settings.qcd = parseQuantization(new Bytes(data, 'QCD marker segment'));
    else if (marker === Marker.COC || marker === Marker.QCC) {
      const bytes = new Bytes(data, marker === Marker.COC ? 'COC marker segment' : 'QCC marker segment');
      const component = componentCount < 257 ? bytes.u8() : bytes.u16();
      if (marker === Marker.COC) settings.coc.set(component, parseCoding(bytes, (bytes.u8() & 1) !== 0));
      else settings.qcc.set(component, parseQuantization(bytes));
    } else if (marker === Marker.RGN) {
      const bytes = new Bytes(data, 'RGN marker segment');
      const component = componentCount < 257 ? bytes.u8() : bytes.u16();
      if (bytes.u8() !== 0)
        throw new Unsupported('has a region of interest of another kind than part 1 knows');
      settings.rgn.set(component, bytes.u8());
    } else if (marker === Marker.POC) settings.poc.push(...parsePoc(data, componentCount));
  }
  return settings;
}

/** A.6.6. */
function parsePoc(data: Uint8Array, componentCount: number): Volume[] {
  const bytes = new Bytes(data, 'POC marker segment');
  const wide = componentCount >= 257;
  const component = (): number => (wide ? bytes.u16() : bytes.u8());
  const volumes: Volume[] = [];
  while (bytes.remaining > 0) {
    const firstResolution = bytes.u8();
    const firstComponent = component();
    const layers = bytes.u16();
    const resolutions = bytes.u8();
    // 0 stands for as many as there can be.
    const components = component() || (wide ? 16_384 : 256);
    const progression = PROGRESSIONS[bytes.u8()];
    if (!progression) throw new Damage('has a progression order that does not exist (POC)');
    volumes.push({ progression, firstResolution, firstComponent, layers, resolutions, components });
  }
  return volumes;
}

function parseCod(bytes: Bytes): CodingDefault {
  const style = bytes.u8(); // Scod (table A.13)
  const progression = PROGRESSIONS[bytes.u8()];
  const layers = bytes.u16();
  const componentTransform = bytes.u8() !== 0;
  if (!progression) throw new Damage('has a progression order that does not exist (COD)');
  if (layers === 0) throw new Damage('has no layers (COD)');
  return {
    progression,
    layers,
    componentTransform,
    sop: (style & 2) !== 0,
    eph: (style & 4) !== 0,
    coding: parseCoding(bytes, (style & 1) !== 0),
  };
}

/** SPcod or SPcoc (table A.15). */
function parseCoding(bytes: Bytes, hasPrecincts: boolean): CodingStyle {
  const levels = bytes.u8();
  const blockExponentX = (bytes.u8() & 15) + 2;
  const blockExponentY = (bytes.u8() & 15) + 2;
  const blockStyle = bytes.u8();
  const wavelet = bytes.u8();
  if (levels > 32) throw new Damage(`has ${levels} decomposition levels; the standard allows 32`);
  if (blockExponentX > 10 || blockExponentY > 10 || blockExponentX + blockExponentY > 12) {
    throw new Damage('has code-blocks larger than the standard allows');
  }
  if (wavelet > 1) throw new Unsupported('has a wavelet that part 1 of the standard does not know');
  const precincts = Array.from({ length: levels + 1 }, (_, resolution) => {
    const size = hasPrecincts ? bytes.u8() : 0xff;
    const exponents = { x: size & 15, y: size >> 4 };
    // Above resolution 0 a precinct is halved to lie on a sub-band (B.7), so its size is 2 at least.
    if (resolution > 0 && (exponents.x === 0 || exponents.y === 0))
      throw new Damage('has precincts of size 1');
    return exponents;
  });
  return { levels, blockExponentX, blockExponentY, blockStyle, reversible: wavelet === 1, precincts };
}

function parseQuantization(bytes: Bytes): Quantization {
  const code = bytes.u8(); // Sqcd (table A.28)
  const style = (['none', 'derived', 'expounded'] as const)[code & 31];
  if (!style) throw new Damage('has a quantization style that does not exist');
  const count = style === 'none' ? bytes.remaining : bytes.remaining >> 1;
  const steps = Array.from({ length: count }, () => {
    if (style === 'none') return { exponent: bytes.u8() >> 3, mantissa: 0 };
    const step = bytes.u16();
    return { exponent: step >> 11, mantissa: step & 0x7ff };
  });
  return { style, guardBits: code >> 5, steps };
}
