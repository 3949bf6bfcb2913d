/** The part of a certificate's page that lists its scenes, their products, and the objects that these were read from. */
import type { CertifiedScene, CertifiedTable } from './certificate.js';
import { html, type Html, table } from './html.js';

export function scenesPart({ scenes, ended }: CertifiedTable): Html {
  return html`<h3>Scenes</h3>
    ${table(
      ['scene', 'product', 'baseline', 'orbit', 'numbers', 'parcels met', 'rows', 'reasons'],
      scenes.map(sceneLine),
    )}
    ${endedPart(ended)} ${objectsPart(scenes)}`;
}

function sceneLine(scene: CertifiedScene): (Html | string | number)[] {
  const { obsid, reference, obstime, product, parcels, layers, supersededBy } = scene;
  const all = Object.values(layers);
  const rows = all.reduce((sum, layer) => sum + layer.rows, 0);
  const gaps = all.flatMap((layer) => Object.values(layer.gaps)).reduce((sum, one) => sum + one, 0);
  const newer = supersededBy && html`<br />superseded by ${supersededBy.reference}: left out of the views`;
  return [
    String(obsid),
    html`<span class="long">${reference}</span><br /><small
        >${obstime.replace('T', ' ').replace('Z', ' UTC')}${newer}</small
      >`,
    product.baseline ?? '',
    [product.relativeOrbit ?? '', product.pass ?? ''].join(' ').trim(),
    numbersOf(product),
    parcels,
    rows,
    gaps,
  ];
}

function numbersOf({ radiometry, offsets = {} }: CertifiedScene['product']): string {
  const told = [...new Set(Object.values(offsets))].filter((offset) => offset !== 0);
  return told.length === 0 ? radiometry : `${radiometry}, offset ${told.join(', ')}`;
}

function endedPart(ended: CertifiedTable['ended']): Html | undefined {
  if (ended.length === 0) return undefined;
  const lines = ended.map(({ obsid, reference, status, reason }) => [
    String(obsid),
    reference,
    status,
    reason ?? '',
  ]);
  return html`<h3>Scenes without rows, and why</h3>
    ${table(['scene', 'product', 'status', 'reason'], lines)}`;
}

/** Of more scenes than these the objects would fill a book. */
const LISTED_SCENES = 60;

function objectsPart(scenes: readonly CertifiedScene[]): Html {
  const known = scenes.flatMap(({ obsid, product: { objects = [] } }) =>
    objects.map(({ key, etag, bytes }) => [
      String(obsid),
      html`<span class="key">${key}</span>`,
      bytes,
      html`<code>${etag}</code>`,
    ]),
  );
  const without = scenes.filter(({ product: { objects } }) => objects === undefined).length;
  const isListed = known.length > 0 && scenes.length <= LISTED_SCENES;
  return html`<h3>Objects that were read</h3>
    ${isListed ? table(['scene', 'object', 'bytes', 'ETag'], known) : undefined}
    ${known.length > 0 && !isListed ? html`<p>${known.length.toLocaleString('en')} objects, each with its bytes and ETag, are listed in the JSON file.</p>` : undefined}
    ${without > 0 ? html`<p>Of ${without} scenes, extracted before this was kept, the versions of objects are not known.</p>` : undefined}`;
}
