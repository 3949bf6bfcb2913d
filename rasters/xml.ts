/**
 * Small XML documents as a tree: georeferences, sidecars, product metadata. What a document may ask of us is bounded:
 * the parser goes over it once, entities are the five that every document knows, declarations of others are not looked
 * at, and no part of it is ever a pattern.
 */
import sax from 'sax';
import { Damage } from './damage.js';

/**
 * The largest document that is read: ten times the metadata of a Sentinel-2 product, 0.1 s of work at the most.
 * @internal
 */
export const MAX_XML_BYTES = 512 << 10;
const MAX_DEPTH = 64;
const MAX_ELEMENTS = 20_000;
/**
 * Within `<!` the parser goes back over all since then at every character, until it knows a comment, CDATA or DOCTYPE. So
 * it gets pieces of a document, and is looked at between them.
 */
const PIECE = 256;
/** `[CDATA` and `DOCTYP` are not known yet. */
const MAX_UNKNOWN = 6;

// What stands between two marks may be long: the document is bounded already.
Object.assign(sax, { MAX_BUFFER_LENGTH: MAX_XML_BYTES });

/** Only the entities of XML itself, not those of HTML; the types know no `strictEntities`. */
const OPTIONS = { trim: false, strictEntities: true };

/** @internal */
export interface XmlElement {
  /** Without the prefix of its namespace. */
  readonly name: string;
  /** By name without prefix, entities resolved. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The element's own text and CDATA, without that of elements inside it, and without blanks around it. */
  readonly text: string;
}

/**
 * Reads a whole document.
 * @param document UTF-8, or text; zeros, which some writers put after it, are left out
 * @returns the root element
 * @throws Damage where it is not well-formed, or larger, deeper or of more elements than the metadata of a raster
 * @internal
 */
export function readXml(document: Uint8Array | string): XmlElement {
  if (document.length > MAX_XML_BYTES)
    throw new Damage(`has ${document.length} bytes of XML; at most ${MAX_XML_BYTES} are read`);
  const reader = new TreeReader();
  reader.read(typeof document === 'string' ? document : new TextDecoder().decode(document));
  return reader.root();
}

/**
 * The first element of that name in the order of the document: the element itself, or one inside it.
 * @internal
 */
export function findElement(within: XmlElement, name: string): XmlElement | undefined {
  for (const element of elementsOf(within)) if (element.name === name) return element;
  return undefined;
}

/**
 * All elements of that name in the order of the document: the element itself and those inside it.
 * @internal
 */
export function findElements(within: XmlElement, name: string): XmlElement[] {
  return [...elementsOf(within)].filter((element) => element.name === name);
}

/** The element and all inside it, in the order of the document. */
export function* elementsOf(root: XmlElement): Generator<XmlElement> {
  const open = [root];
  for (let element = open.pop(); element; element = open.pop()) {
    yield element;
    open.push(...element.children.toReversed());
  }
}

interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  readonly pieces: string[];
}

/** The types leave out what the parser has of a declaration that it doesn't know yet. */
type Parser = sax.SAXParser & { readonly sgmlDecl: string };

class TreeReader {
  readonly #parser = new sax.SAXParser(true, OPTIONS) as Parser;
  readonly #open: OpenElement[] = [];
  #root: XmlElement | undefined;
  #elements = 0;

  constructor() {
    const parser = this.#parser;
    // Thrown at once: the parser would go on after an error.
    parser.onerror = (error) => {
      throw new Damage(`is XML that is not well-formed: ${firstLine(error.message)}`);
    };
    parser.onopentag = ({ name, attributes }) => {
      this.#start(name, attributes as Readonly<Record<string, string>>);
    };
    parser.ontext = parser.oncdata = (piece) => void this.#open[this.#open.length - 1]?.pieces.push(piece);
    parser.onclosetag = () => {
      this.#end();
    };
  }

  read(text: string): void {
    const parser = this.#parser;
    const document = text.replaceAll('\0', '');
    for (let at = 0; at < document.length; at += PIECE) {
      parser.write(document.slice(at, at + PIECE));
      if (parser.sgmlDecl.length > MAX_UNKNOWN)
        throw new Damage('is XML that is not well-formed: a declaration that is none of XML');
    }
    parser.close();
  }

  root(): XmlElement {
    if (!this.#root) throw new Damage('is XML without an element');
    return this.#root;
  }

  #start(name: string, attributes: Readonly<Record<string, string>>): void {
    if (++this.#elements > MAX_ELEMENTS) throw new Damage(`is XML of more than ${MAX_ELEMENTS} elements`);
    if (this.#root) throw new Damage('is XML of more than one root element');
    if (this.#open.length >= MAX_DEPTH) throw new Damage(`is XML of elements more than ${MAX_DEPTH} deep`);
    const named = Object.entries(attributes).map(([key, value]): [string, string] => [localName(key), value]);
    this.#open.push({ name: localName(name), attributes: new Map(named), children: [], pieces: [] });
  }

  #end(): void {
    const { name, attributes, children, pieces } = this.#open.pop()!;
    const element = { name, attributes, children, text: pieces.join('').trim() };
    const parent = this.#open[this.#open.length - 1];
    if (parent) parent.children.push(element);
    else this.#root = element;
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** The parser puts line, column and character on lines of their own. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0]!;
}
