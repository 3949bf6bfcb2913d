/** How the page looks, on a screen and on A4. */
import { Html } from './html.js';

export const STYLE = new Html(`
@page { size: A4; margin: 16mm 14mm; }
* { box-sizing: border-box; }
body { font: 14px/1.45 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; color: #1c2421; background: #fff; max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
.kind { color: #2f6b4f; font-weight: 600; letter-spacing: .04em; text-transform: uppercase; font-size: .8rem; margin: 0; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: .2rem 0 .8rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; padding-top: .8rem; border-top: 2px solid #2f6b4f; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
.figures { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.4rem 0 0; }
.figures div { flex: 1 1 8rem; border: 1px solid #cfd8d3; border-radius: 6px; padding: .6rem .8rem; }
.figures dt { color: #54605a; font-size: .8rem; }
.figures dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
section > dl { display: grid; grid-template-columns: 9rem 1fr; gap: .25rem 1rem; margin: .6rem 0; }
section > dl dt { color: #54605a; }
section > dl dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0; font-size: .86rem; }
th, td { text-align: left; vertical-align: top; padding: .28rem .5rem; border-bottom: 1px solid #dfe6e2; }
th { color: #54605a; font-weight: 600; border-bottom-color: #9fb0a7; }
td { overflow-wrap: break-word; }
.long { overflow-wrap: anywhere; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code, .key { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; font-size: .82em; overflow-wrap: anywhere; }
small { color: #54605a; }
@media print {
  body { font-size: 9.5pt; padding: 0; max-width: none; }
  thead { display: table-header-group; }
  tr, .figures { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`);
