/** Pictures of a parcel's series in the terminal. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ndviChart } from '../../terminal/series-chart.js';
import type { Observation } from '../../terminal/series-chart.js';

const SERIES: Observation[] = [
  { date: '2024-03-10', raw: 0.2, clear: 0.2 },
  { date: '2024-04-24', raw: 0.6, clear: 0.6 },
  { date: '2024-05-19', raw: 0.1, clear: null },
  { date: '2024-06-23', raw: 0.4, clear: 0.9 },
  { date: '2024-07-20', raw: null, clear: null },
  { date: '2024-08-07', raw: 0.29, clear: 0.3 },
];

function count(text: string, mark: string): number {
  return text.split(mark).length - 1;
}

describe('ndviChart', () => {
  it('marks clear values, raw ones that differ and scenes without data, in order of time and value', () => {
    const lines = ndviChart(SERIES, 80, false).split('\n');
    const picture = lines.slice(0, 11);
    assert.equal(count(picture.join(''), '●'), 4);
    assert.equal(count(picture.join(''), '○'), 2, 'none where the clear mark stands');
    assert.equal(count(lines[11]!, '·'), 1);
    const place = (line: number): number => picture[line]!.search(/[●○]/);
    // Rows are tenths from the top: 0.9, 0.6, 0.4, 0.1.
    assert.ok(place(1) > place(4) && place(4) > 0);
    assert.ok(picture[9]!.includes('○'));
    assert.equal(picture[6]!.indexOf('○'), picture[1]!.indexOf('●'));
    assert.match(lines[12]!, /Mar +Apr +May +Jun +Jul +Aug/);
  });

  it('joins clear values only', () => {
    const cloudy = SERIES.map((observation) => ({ ...observation, clear: null }));
    assert.doesNotMatch(ndviChart(cloudy, 80, false), /[\u2801-\u28ff]/);
    assert.match(ndviChart(SERIES, 80, false), /[\u2801-\u28ff]/);
  });

  it('keeps to the width', () => {
    for (const width of [40, 80, 132]) {
      for (const line of ndviChart(SERIES, width, false).split('\n')) assert.ok(line.length <= width, line);
    }
  });

  it('uses colours only where asked, and the same text then', () => {
    const plain = ndviChart(SERIES, 80, false);
    const coloured = ndviChart(SERIES, 80, true);
    assert.ok(!plain.includes('\u001b') && coloured.includes('\u001b'));
    // eslint-disable-next-line no-control-regex -- colours are control sequences
    assert.equal(coloured.replaceAll(/\u001b\[\d+m/g, ''), plain);
  });

  it('draws a single day, values beyond the scale, and no series at all', () => {
    const day = { date: '2024-03-10', raw: 1.4, clear: 1.4 };
    assert.ok(ndviChart([day], 80, false).split('\n')[0]!.includes('●'));
    assert.ok(
      ndviChart([{ ...day, raw: -0.3, clear: -0.3 }], 80, false)
        .split('\n')[10]!
        .includes('●'),
    );
    assert.match(ndviChart([], 80, false), /no scene/);
  });
});
