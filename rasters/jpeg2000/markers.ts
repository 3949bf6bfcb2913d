/** Marker codes of the codestream (ISO/IEC 15444-1 table A.2). */
export const Marker = {
  /** Start of codestream. */
  SOC: 0xff4f,
  /** Extended capabilities: announces high-throughput block coding (ISO/IEC 15444-15). */
  CAP: 0xff50,
  /** Image and tile size. */
  SIZ: 0xff51,
  /** Coding style default, and of a component. */
  COD: 0xff52,
  COC: 0xff53,
  /** Lengths of tile-parts and of packets, which the tile-parts tell themselves. */
  TLM: 0xff55,
  PLM: 0xff57,
  /** Quantization default, and of a component. */
  QCD: 0xff5c,
  QCC: 0xff5d,
  /** Region of interest. */
  RGN: 0xff5e,
  /** Progression order change. */
  POC: 0xff5f,
  /** Packed packet headers, main header and tile-part header. */
  PPM: 0xff60,
  PPT: 0xff61,
  /** Component registration, comment. */
  CRG: 0xff63,
  COM: 0xff64,
  /** Start of tile-part, start of packet, end of packet header, start of data, end of codestream. */
  SOT: 0xff90,
  SOP: 0xff91,
  EPH: 0xff92,
  SOD: 0xff93,
  EOC: 0xffd9,
} as const;

/** Markers without a segment (A.1.4): only the two bytes. */
export function standsAlone(marker: number): boolean {
  return marker >= 0xff30 && marker <= 0xff3f;
}

export function markerName(marker: number): string {
  const name = Object.entries(Marker).find(([, code]) => code === marker)?.[0];
  return name ?? `0x${marker.toString(16)}`;
}
