/** The reader of XML: what it gives, what it refuses, and that no document of the size it takes keeps it for long. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Damage } from '../../rasters/damage.js';
import { findElement, findElements, MAX_XML_BYTES, readXml } from '../../rasters/xml.js';

describe('an XML document', () => {
  it('becomes a tree of local names, attributes and text', () => {
    const root = readXml(
      `\uFEFF<?xml version="1.0"?><!DOCTYPE a><!-- <a:c>no</a:c> --><n1:a xmlns:n1='urn:x' one = 'a "1"' n1:two="&lt;&#50;">
         t<b>1</b>u<![CDATA[<&]]> <c x="1"><b> 2 &amp; 3\n</b></c><b/></n1:a>\n\0`,
    );
    assert.equal(root.name, 'a');
    assert.deepEqual(
      [...root.attributes],
      [
        ['n1', 'urn:x'],
        ['one', 'a "1"'],
        ['two', '<2'],
      ],
    );
    assert.match(root.text, /^tu<&$/);
    assert.deepEqual(
      root.children.map(({ name }) => name),
      ['b', 'c', 'b'],
    );
    assert.deepEqual(
      findElements(root, 'b').map(({ text }) => text),
      ['1', '2 & 3', ''],
    );
    assert.equal(findElement(root, 'a'), root);
    assert.equal(findElement(root, 'd'), undefined);
  });

  it('of bytes is UTF-8', () => {
    assert.equal(readXml(Buffer.from('<a>é</a>')).text, 'é');
  });
});

describe('a document that is refused', () => {
  const refused: Record<string, [document: string, why: RegExp]> = {
    'nothing at all': ['', /without an element/],
    'no XML': ['GIF89a', /not well-formed: .*first tag/],
    'an element that stays open': ['<a><b></b>', /not well-formed: Unclosed root/],
    'crossed elements': ['<a><b></a></b>', /not well-formed: Unexpected close/],
    'an entity of its own': ['<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', /not well-formed: .*entity/],
    'a file by an entity': [
      '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>',
      /not well-formed: .*entity/,
    ],
    'two roots': ['<a/><b/>', /more than one root/],
    'a declaration of no kind': [`<a><!${'x'.repeat(256)}></a>`, /not well-formed: a declaration/],
    'depth 65': ['<a>'.repeat(65) + '</a>'.repeat(65), /more than 64 deep/],
    '20,001 elements': [`<a>${'<b/>'.repeat(20_000)}</a>`, /more than 20000 elements/],
    'a byte too many': [`<a>${' '.repeat(MAX_XML_BYTES - 6)}</a>`, /524289 bytes of XML; at most 524288/],
  };
  for (const [kind, [document, why]] of Object.entries(refused)) {
    it(kind, () => {
      assert.throws(
        () => readXml(document),
        (error: unknown) =>
          error instanceof Damage && why.test(error.message) && !error.message.includes('\n'),
      );
    });
  }

  it('but not for where its pieces end: comments, CDATA and DOCTYPE may begin and end anywhere', () => {
    for (let before = 225; before < 262; before++) {
      const blanks = ' '.repeat(before);
      const document = `${blanks}<!DOCTYPE a [<!ENTITY e "x">]><a>${blanks}<![CDATA[b&]]><!--${blanks}<!x-->&amp;é</a>`;
      assert.equal(readXml(document).text, 'b&&é', String(before));
    }
  });

  it('but not one within each bound', () => {
    assert.equal(readXml('<a>'.repeat(64) + '</a>'.repeat(64)).children.length, 1);
    assert.equal(readXml(`<a>${'<b/>'.repeat(19_999)}</a>`).children.length, 19_999);
    assert.equal(readXml(`<a>${' '.repeat(MAX_XML_BYTES - 7)}</a>`).text, '');
    const long = 'x'.repeat(200_000);
    const { attributes } = readXml(`<a b="${long}"><!--${long}--></a>`);
    assert.equal(attributes.get('b'), long);
  });
});

describe('a hostile document of the largest size', () => {
  /** On the slowest of these an idle machine takes 0.1 s; a reader that goes back over it takes minutes. */
  const MAX_CPU_SECONDS = 1;
  const PIECES = [
    '<RectifiedGrid ',
    '<a>',
    '<',
    '<a b="1" ',
    '"',
    "'",
    '&',
    '&amp;',
    '<!--',
    '- ',
    '<![CDATA[',
    ']]',
  ];
  const MORE = [
    '<?',
    '? ',
    '<!DOCTYPE [',
    '[',
    '\0',
    ' ',
    'a',
    '</a>',
    '<a/>',
    '=',
    'a="',
    '<SRS>',
    '<a b=">',
    '\n',
  ];
  const openings = [
    '',
    '<a>',
    '<a b="',
    '<a><!--',
    '<a><![CDATA[',
    '<a><?',
    '<!DOCTYPE ',
    '<!DOCTYPE a [',
    '<a ',
    '<a>&',
    '<!',
    '<a><!',
    '<a><!"',
    '<!DOCTYPE a><!x',
    '<!DOCTYPE a [<!',
    '<a></',
    '<a><b',
    '<a><?b ',
  ];
  for (const opening of openings) {
    it(`is read or refused in time: ${opening}…`, () => {
      for (const piece of [...PIECES, ...MORE]) {
        const body = piece.repeat((MAX_XML_BYTES - opening.length) / piece.length);
        const before = process.cpuUsage();
        try {
          readXml(opening + body);
        } catch (error) {
          assert.ok(error instanceof Damage, String(error));
        }
        const { user, system } = process.cpuUsage(before);
        assert.ok((user + system) / 1e6 < MAX_CPU_SECONDS, `${piece}: ${(user + system) / 1e6} s`);
      }
    });
  }
});
