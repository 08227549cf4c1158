/** An element of a figure's file: what SVG text is written from, and what PDF is painted from. */
export interface SvgNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (SvgNode | string)[];
}

export function svgNode(
  name: string,
  attributes: SvgNode['attributes'],
  ...children: readonly (SvgNode | string)[]
): SvgNode {
  return { name, attributes, children };
}

/** Attributes that take a colour. */
const paints = new Set(['fill', 'stroke', 'color']);
/** Attributes of the page alone. */
const ofPage = new Set(['class', 'style', 'aria-hidden', 'role', 'data-mark']);

/**
 * What is in a drawing, with colours in place of the theme's variables. Style sheets stay behind: they are the page's.
 * @throws TypeError when a colour has no value: a bug of whoever draws
 */
export function nodesOf(element: Element, colors: Readonly<Record<string, string>>): (SvgNode | string)[] {
  const nodes: (SvgNode | string)[] = [];
  for (const child of element.childNodes) {
    if (child.nodeType === 3) nodes.push(child.textContent ?? '');
    if (child.nodeType !== 1) continue;
    const inner = child as Element;
    if (inner.localName === 'style') continue;
    nodes.push(svgNode(inner.localName, attributesOf(inner, colors), ...nodesOf(inner, colors)));
  }
  return nodes;
}

function attributesOf(element: Element, colors: Readonly<Record<string, string>>): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const name of element.getAttributeNames()) {
    if (ofPage.has(name)) continue;
    const value = element.getAttribute(name)!;
    attributes[name] = paints.has(name) ? colorOf(value, colors) : value;
  }
  return attributes;
}

function colorOf(value: string, colors: Readonly<Record<string, string>>): string {
  if (value === 'currentColor') return colors['--text']!;
  const variable = /^var\((--[a-z0-9-]+)\)$/.exec(value)?.[1];
  if (variable === undefined) return value;
  const color = colors[variable];
  if (color === undefined) throw new TypeError(`a figure is drawn in ${variable}, which is no colour of the theme`);
  return color;
}

/** The element as XML. Every text and value is escaped; characters that XML cannot hold become U+FFFD. */
export function svgText({ name, attributes, children }: SvgNode): string {
  const given = Object.entries(attributes).map(([attribute, value]) => ` ${attribute}="${escaped(String(value))}"`);
  const inner = children.map((child) => (typeof child === 'string' ? escaped(child) : svgText(child))).join('');
  return inner === '' ? `<${name}${given.join('')}/>` : `<${name}${given.join('')}>${inner}</${name}>`;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
  '\r': '&#13;',
};

/** Whatever XML 1.0 has no place for: control characters, halves of surrogate pairs, U+FFFE and U+FFFF. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

function escaped(text: string): string {
  return text.replace(forbidden, '\ufffd').replace(/[&<>"\n\t\r]/g, (character) => escapes[character]!);
}
