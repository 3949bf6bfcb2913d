/** Sentences of programs as they may be published: addresses without what opens them, files without where they lie. */

/** `https://user:word@host/key?token=…` */
const ADDRESS = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/@]*@)?([^\s?#]*)(?:[?#]\S*)?/gi;
/** An absolute path of two names or more, that does not follow on an address. */
const PATH = /(^|[\s"'(=])\/(?:[^\s"'()/:,;]+\/)+([^\s"'()/:,;]+)/g;

export function publicText(text: string): string {
  return text.replace(ADDRESS, '$1$2').replace(PATH, '$1$2');
}
