/** The page of a certificate: all of it that people want to see, in one file, to be printed and filed. */
import type { Certificate, CertifiedTable } from './certificate.js';
import { html, type Html, table } from './html.js';
import { STYLE } from './page-style.js';
import { scenesPart } from './page-scenes.js';
import { sumsPart } from './page-sums.js';

type Content = Omit<Certificate, 'page'>;

export function pageOf(content: Content): string {
  const { made, software, signer, tables, audit } = content;
  const scenes = sum(tables.map((one) => one.scenes.length));
  const rows = sum(tables.flatMap(({ sums }) => Object.values(sums.layers).map((layer) => layer.rows)));
  const gaps = sum(
    tables.flatMap(({ sums }) => Object.values(sums.layers).flatMap((layer) => Object.values(layer.gaps))),
  );
  const title = `Certificate of ${tables.map(({ results }) => results).join(', ')}`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <header>
          <p class="kind">parcelwise certificate</p>
          <h1>${title}</h1>
          <p>
            Every parcel that ${count(scenes, 'scene')} met is in every band exactly once, or has a reason.
            The audit of ${when(made)} found nothing wrong.${narrowed(content)}
          </p>
          <dl class="figures">
            ${figure('scenes', scenes)} ${figure('parcels met', sum(tables.map(({ sums }) => sums.parcels)))}
            ${figure('rows', rows)} ${figure('reasons instead of a row', gaps)}
            ${figure('findings', audit.findings)}
          </dl>
        </header>
        ${tables.map(tablePart)} ${parcelsPart(content)} ${filesPart(content)} ${notesPart(content)}
        <section>
          <h2>Signature</h2>
          <dl>
            ${term('Made', when(made))}
            ${term('Signed by', html`the Ed25519 key <code>${signer.fingerprint}</code>`)}
            ${term(
              'Software',
              Object.entries(software)
                .map(([name, version]) => `${name} ${version}`)
                .join(', '),
            )}
          </dl>
          <p>
            This page says what the signed JSON file beside it says. The signature, the rows in the database
            and the exported files are checked by
            <code>parcelwise certificate verify FILE.json --public-key KEY</code>; the signer's fingerprint
            above should be compared with the one that the signer tells by another way.
          </p>
        </section>
      </body>
    </html> `;
  return page.text;
}

/** What of the database it is about, where that is not all of it. */
function narrowed({ asked: { results, card, campaign } }: Content): string {
  const only = [
    ...(results === undefined ? [] : [`rows of ${results}`]),
    ...(card === undefined ? [] : [`CARD type ${card}`]),
    ...(campaign === undefined ? [] : [`the campaign ${campaign}`]),
  ];
  return only.length === 0 ? '' : ` It was asked about ${only.join(', ')}.`;
}

function tablePart(certified: CertifiedTable): Html {
  const { catalogue, results, clear, hists, selections, measured, parcelSets, open } = certified;
  return html`<section>
    <h2>${results}</h2>
    <dl>
      ${selections.map(({ tables, aoi, period, card, minAreaM2, scenes }) =>
        term(
          'Asked for',
          html`${card} from ${day(period.start)} to ${day(period.end)}, area <b>${aoi.name}</b> of
            ${tables.aois}, parcels of ${tables.parcels} larger than ${minAreaM2.toLocaleString('en')} m²,
            scenes of ${tables.catalogue}${some(selections, scenes)}`,
        ),
      )}
      ${measured.map((one) => term('Measured', html`${measuredBy(one)}${some(measured, one.scenes)}`))}
      ${term('Kept in', [results, ...(clear ? [`clear pixels in ${clear}`] : []), ...(hists ? [`histograms in ${hists}`] : [])].join(', '))}
      ${term('Parcel set', parcelSets.length === 0 ? 'its fingerprint was not kept' : parcelSets.join(', '))}
      ${open > 0 ? term('Not part of this', `${count(open, 'scene')} of ${catalogue} that waited or were at work when this was made`) : undefined}
    </dl>
    ${sumsPart(certified)} ${scenesPart(certified)}
  </section>`;
}

function measuredBy({ bands, clearBands, radiometry, rule }: CertifiedTable['measured'][number]): string {
  const { pixels, innerBufferM, indices, clear } = rule;
  return [
    `bands ${bands.join(', ')}`,
    `numbers ${radiometry}`,
    `pixels by the rule "${pixels}"${innerBufferM > 0 ? `, parcels shrunken by ${innerBufferM} m` : ''}`,
    ...Object.entries(indices).map(([name, expression]) => `${name} = ${expression}`),
    ...(clearBands.length === 0 || clear === undefined
      ? []
      : [
          `clear pixels of ${clearBands.join(', ')}: of none of the classes ${clear.classes.join(', ')}`,
          ...(clear.widenM > 0 ? [`those widened by ${clear.widenM} m`] : []),
          `at least ${clear.minPixels} of them a row`,
          ...(clear.innerBufferM > 0 ? [`for them parcels shrunken by ${clear.innerBufferM} m`] : []),
        ]),
  ].join('; ');
}

function parcelsPart({ parcels }: Content): Html | undefined {
  if (parcels.length === 0) return undefined;
  const rows = parcels.map(({ table: name, parcels: count, digest }) => [name, count, code(digest)]);
  return html`<section>
    <h2>Parcel tables when this was made</h2>
    ${table(['table', 'parcels', 'digest of ids and shapes'], rows)}
  </section>`;
}

function filesPart({ files }: Content): Html | undefined {
  if (files === undefined) return undefined;
  const lines = files.map(({ path, rows, bytes, sha256 }) => [path, rows, bytes, code(sha256)]);
  return html`<section>
    <h2>Exported files</h2>
    ${table(['file', 'rows', 'bytes', 'SHA-256'], lines)}
  </section>`;
}

function notesPart({ audit }: Content): Html | undefined {
  if (audit.notes.length === 0) return undefined;
  return html`<section>
    <h2>Notes of the audit</h2>
    <ul>
      ${audit.notes.map((note) => html`<li>${note}</li> `)}
    </ul>
  </section>`;
}

const figure = (name: string, value: number): Html =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value.toLocaleString('en')}</dd>
  </div>`;

const term = (name: string, value: Html | string): Html =>
  html`<dt>${name}</dt>
    <dd>${value}</dd> `;

const code = (text: string): Html => html`<code>${text}</code>`;

/** Where others are measured otherwise, of how many scenes this is told. */
const some = (all: readonly unknown[], scenes: number): string =>
  all.length > 1 ? ` (${count(scenes, 'scene')})` : '';

const count = (number: number, noun: string): string =>
  `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;

const when = (time: string): string => `${time.slice(0, 19).replace('T', ' ')} UTC`;

const day = (time: string): string => time.replace(/[T ]00:00:00.*$/, '');

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}
