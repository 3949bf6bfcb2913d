/** The part of a certificate's page that shows that parcels met are rows and reasons, layer by layer. */
import { layerInWords } from '../../database/ledger/layer-names.js';
import type { CertifiedTable } from './certificate.js';
import { html, type Html, table } from './html.js';

/** What reasons mean to people; those of migrations to come are told as they are. */
const MEANING: Readonly<Record<string, string>> = {
  outside: 'the parcel lies beside the raster',
  'no-pixel': 'no pixel is its own by the rule',
  'no-data': 'none of its pixels has data',
  cloudy: 'none of its pixels is clear',
  'too-few-pixels': 'fewer pixels are clear than a row needs',
  changed: 'it was redrawn before the band was added',
};

export function sumsPart({ sums }: CertifiedTable): Html {
  const layers = Object.entries(sums.layers);
  const reasons = [...new Set(layers.flatMap(([, { gaps }]) => Object.keys(gaps)))].sort();
  const lines = layers.map(([layer, { parcels, rows, gaps }]) => [
    layerInWords(layer),
    parcels,
    rows,
    ...reasons.map((reason) => gaps[reason] ?? 0),
  ]);
  return html`<h3>Parcels met are rows and reasons</h3>
    ${table(['band', 'parcels met', '= rows', ...reasons.map((reason) => `+ ${reason}`)], lines)}
    ${reasons.length > 0 ? html`<p>${reasons.map((reason) => `${reason}: ${MEANING[reason] ?? reason}`).join('; ')}.</p>` : undefined}
    ${sums.hists > 0 ? html`<p>${sums.hists.toLocaleString('en')} histograms, one a row of the class map.</p>` : undefined}`;
}
