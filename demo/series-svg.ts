/** Draws a parcel's NDVI series as an SVG picture for documents: light, with a scale, legible on white and on dark pages. */
import type { Observation } from './series.js';
import { timeAxis } from '../terminal/time-axis.js';

const WIDTH = 760;
const HEIGHT = 320;
const PLOT = { left: 52, right: 736, top: 58, bottom: 262 };
const INK = {
  text: '#243024',
  faint: '#6b7a6b',
  grid: '#e3e8e1',
  line: '#2f7d3b',
  cloudy: '#9aa59a',
  paper: '#fdfefc',
};

/** The picture's source; `title` says which parcel it is. Clear days are filled, cloudy ones hollow, scenes without data a tick. */
export function ndviSvg(series: readonly Observation[], title: string): string {
  const time = timeAxis(series.length > 0 ? series.map(({ date }) => date) : ['1970-01-01']);
  const x = (share: number): number => tenth(PLOT.left + share * (PLOT.right - PLOT.left));
  const y = (ndvi: number): number =>
    tenth(PLOT.bottom - Math.min(1, Math.max(0, ndvi)) * (PLOT.bottom - PLOT.top));
  const path = series
    .flatMap(({ date, value, cloudy }) =>
      value === null || cloudy ? [] : [`${x(time.at(date))},${y(value)}`],
    )
    .join(' ');
  const scale = [0, 0.2, 0.4, 0.6, 0.8, 1].flatMap((ndvi) => [
    `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(ndvi)}" y2="${y(ndvi)}" stroke="${ndvi === 0 ? INK.faint : INK.grid}"/>`,
    `<text x="${PLOT.left - 9}" y="${y(ndvi) + 4}" text-anchor="end">${ndvi.toFixed(1)}</text>`,
  ]);
  const months = time.months.flatMap(({ name, at }, i) => [
    `<line x1="${x(at)}" x2="${x(at)}" y1="${PLOT.bottom}" y2="${PLOT.bottom + 5}" stroke="${INK.faint}"/>`,
    `<text x="${x((at + (time.months[i + 1]?.at ?? 1)) / 2)}" y="${PLOT.bottom + 20}" text-anchor="middle">${name}</text>`,
  ]);
  const marks = series.map(({ date, value, cloudy }) => {
    const at = x(time.at(date));
    const told = `<title>${date}: ${value === null ? 'no data' : `${value.toFixed(2)}${cloudy ? ', cloudy' : ''}`}</title>`;
    if (value === null) return noData(at, PLOT.bottom, told);
    return cloudy ? hollow(at, y(value), told) : filled(at, y(value), told);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escaped(title)}" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12" fill="${INK.faint}">
<rect width="${WIDTH}" height="${HEIGHT}" rx="8" fill="${INK.paper}"/>
<text x="${PLOT.left}" y="30" font-size="15" font-weight="600" fill="${INK.text}">${escaped(title)}</text>
<text x="${PLOT.left - 9}" y="${PLOT.top - 12}" text-anchor="end">NDVI</text>
${[...scale, ...months].join('\n')}
<polyline points="${path}" fill="none" stroke="${INK.line}" stroke-width="2" stroke-linejoin="round"/>
${[...marks, ...legend()].join('\n')}
</svg>
`;
}

function legend(): string[] {
  const y = HEIGHT - 16;
  const entries = [
    { mark: filled, text: 'clear' },
    { mark: hollow, text: 'cloud or shadow' },
    { mark: noData, text: 'no data' },
  ];
  return entries.flatMap(({ mark, text }, i) => {
    const x = PLOT.left + 6 + [0, 74, 206][i]!;
    return [mark(x, y - 4, ''), `<text x="${x + 11}" y="${y}">${text}</text>`];
  });
}

function filled(x: number, y: number, inside: string): string {
  return `<circle cx="${x}" cy="${y}" r="4.2" fill="${INK.line}">${inside}</circle>`;
}

function hollow(x: number, y: number, inside: string): string {
  return `<circle cx="${x}" cy="${y}" r="4" fill="${INK.paper}" stroke="${INK.cloudy}" stroke-width="1.6">${inside}</circle>`;
}

function noData(x: number, y: number, inside: string): string {
  return `<path d="M${x} ${y - 5}v10" stroke="${INK.cloudy}" stroke-width="2">${inside}</path>`;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
