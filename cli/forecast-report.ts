/** A campaign's forecast for people. */
import type { Forecast } from '../forecast/forecast.js';
import { duration } from '../terminal/duration.js';

export function describeForecast(told: Forecast): string {
  const { campaign, scenes, waiting, parcels, download, rows, warnings } = told;
  const { card, bands, aoi, period, tables } = campaign;
  const lines = [
    `${card} of ${aoi.name}, ${period.start} to ${period.end}: ${bands.join(', ')} into ${tables.results}`,
    '',
    ...Object.entries(scenes).map(
      ([code, statuses]) =>
        `scenes     ${code}: ${countsOf(statuses) || 'none'}${code === card ? '' : ' (not of this campaign)'}`,
    ),
    `to do      ${number(waiting)} ${waiting === 1 ? 'scene' : 'scenes'}${sampled(told)}`,
    ...Object.entries(download.incomplete).map(
      ([status, count]) => `           ${number(count)} of them would end as ${status}`,
    ),
    `parcels    ${number(parcels.selected)} of the area, met ${number(parcels.met)} times`,
    `download   ${download.isAtMost ? 'at most ' : ''}${bytesOf(download.bytes)} in ${number(download.requests)} requests`,
    `rows       at most ${number(rows.results)}${rows.clear > 0 ? `, ${number(rows.clear)} clear rows` : ''}${rows.hists > 0 ? `, and ${number(rows.hists)} histograms` : ''}`,
    `disk       ${bytesOf(rows.bytes)} in PostgreSQL without indexes (${widthOf(rows.width.results)})`,
    `time       ${timeOf(told)}`,
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
  return `${lines.join('\n')}\n`;
}

function sampled({ waiting, looked }: Forecast): string {
  return looked < waiting ? `; what follows is reckoned from ${number(looked)} of them` : '';
}

function widthOf({ bytes, rows }: Forecast['rows']['width']['results']): string {
  const from = rows === 0 ? "by the table's types" : `measured on ${number(rows)} rows`;
  return `${Math.round(bytes)} bytes a row, ${from}`;
}

function timeOf({ waiting, time }: Forecast): string {
  if (waiting === 0) return 'nothing to do';
  const from =
    time.measuredScenes > 0
      ? `at the speed of the last ${number(time.measuredScenes)} scenes`
      : "at the bench's speed, two cores; no scene of this card was extracted yet";
  if (time.limitSeconds <= time.workSeconds) return `about ${duration(time.seconds)}, ${from}`;
  const { downloadMbps, requestsPerSecond } = time.limits ?? {};
  const limits = [
    ...(downloadMbps === undefined ? [] : [`${downloadMbps} Mbit/s`]),
    ...(requestsPerSecond === undefined ? [] : [`${requestsPerSecond} requests/s`]),
  ];
  return `about ${duration(time.seconds)}, by the limit of ${limits.join(' and ')}; without it ${duration(time.workSeconds)}, ${from}`;
}

function countsOf(statuses: Readonly<Record<string, number>>): string {
  return Object.entries(statuses)
    .map(([status, count]) => `${number(count)} ${status}`)
    .join(', ');
}

/** `1.2 GB`, `340 MB`, `12 kB`: decimal, as providers count. */
function bytesOf(bytes: number): string {
  const [size, unit] =
    bytes >= 1e9 ? [bytes / 1e9, 'GB'] : bytes >= 1e6 ? [bytes / 1e6, 'MB'] : [bytes / 1e3, 'kB'];
  return `${size >= 100 ? Math.round(size).toLocaleString('en') : size.toFixed(1)} ${unit}`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}
