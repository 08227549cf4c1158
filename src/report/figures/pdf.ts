import type PDFDocument from 'pdfkit';
import type { FigureFile } from './figure-file.js';
import { optionalLibrary } from './optional-library.js';
import { fontsFor } from './print-fonts.js';
import type { SvgNode } from './svg-node.js';

/** Points in an inch. */
const points = 72;

/**
 * A figure as PDF: the shapes and texts of its SVG, as shapes and texts, with the letters that it uses embedded. The date in it
 * is always that of 1970, so that the same figure gives the same bytes.
 * @throws EnvironmentError where a library is not installed; DataError where the font lacks a character
 */
export async function figurePdf({ svg, width, height }: FigureFile): Promise<Uint8Array> {
  const { default: Document } = await optionalLibrary('pdf', 'pdfkit', () => import('pdfkit'));
  const fonts = await fontsFor('pdf', svg);
  const title = String(svg.attributes['aria-label']);
  const document = new Document({
    size: [width * points, height * points],
    margin: 0,
    info: { Title: title, Creator: 'runflow', CreationDate: new Date(0) },
  });
  const chunks: Uint8Array[] = [];
  const ended = new Promise<void>((resolve) => {
    document.on('data', (chunk) => chunks.push(chunk)).on('end', resolve);
  });
  for (const [name, { bytes }] of Object.entries(fonts)) document.registerFont(name, bytes);
  const units = Number(String(svg.attributes.viewBox).split(' ')[2]);
  document.scale((width * points) / units);
  paint(document, svg, initial);
  document.end();
  await ended;
  return Buffer.concat(chunks);
}

/** Attributes that the parts of an element inherit, by the names of SVG. */
type Inherited = Readonly<Record<string, string>>;

const initial: Inherited = { fill: '#000000', stroke: 'none', 'stroke-width': '1', 'font-size': '16' };

const inherits = new Set([
  ...['fill', 'fill-opacity', 'stroke', 'stroke-opacity', 'stroke-width', 'stroke-dasharray', 'stroke-linecap'],
  ...['stroke-linejoin', 'font-size', 'font-weight', 'text-anchor'],
]);

/** Attributes that mean nothing here. */
const silent = new Set([
  ...['aria-label', 'xmlns', 'width', 'height', 'viewBox', 'font-family', 'font-variant', 'role', 'transform'],
  ...[
    'd',
    'x',
    'y',
    'x1',
    'x2',
    'y1',
    'y2',
    'cx',
    'cy',
    'r',
    'dy',
    'paint-order',
    'stroke-miterlimit',
    'text-rendering',
  ],
]);

const shapes: Readonly<Record<string, (document: PDFDocument, at: (name: string) => number, node: SvgNode) => void>> = {
  path: (document, _, { attributes }) => document.path(String(attributes.d)),
  rect: (document, at) => document.rect(at('x'), at('y'), at('width'), at('height')),
  circle: (document, at) => document.circle(at('cx'), at('cy'), at('r')),
  line: (document, at) => document.moveTo(at('x1'), at('y1')).lineTo(at('x2'), at('y2')),
};

/** @throws TypeError at an element or attribute that it does not know: a bug of whoever draws */
function paint(document: PDFDocument, node: SvgNode, above: Inherited): void {
  const { name, attributes, children } = node;
  if (name === 'title') return;
  const inherited: Record<string, string> = { ...above };
  for (const [attribute, value] of Object.entries(attributes)) {
    if (inherits.has(attribute)) inherited[attribute] = String(value);
    else if (!silent.has(attribute)) throw new TypeError(`a figure has ${attribute}, which PDF is not painted with`);
  }
  document.save();
  transform(document, String(attributes.transform ?? ''));
  const at = (attribute: string) => Number(attributes[attribute] ?? 0);
  if (name === 'text') paintText(document, node, inherited);
  else if (name === 'g' || name === 'svg') {
    for (const child of children) if (typeof child !== 'string') paint(document, child, inherited);
  } else {
    const shape = shapes[name];
    if (shape === undefined) throw new TypeError(`a figure has an element ${name}, which PDF is not painted with`);
    setColors(document, inherited);
    const [fills, strokes] = [inherited.fill !== 'none', inherited.stroke !== 'none'];
    if (fills || strokes) shape(document, at, node);
    if (fills && strokes) document.fillAndStroke();
    else if (fills) document.fill();
    else if (strokes) document.stroke();
  }
  document.restore();
}

function transform(document: PDFDocument, text: string): void {
  for (const [, kind, values] of text.matchAll(/(\w+)\(([^)]*)\)/g)) {
    const [x, y = 0] = values!.split(/[ ,]+/).map(Number);
    if (kind === 'translate') document.translate(x!, y);
    else if (kind === 'scale') document.scale(x!);
    else throw new TypeError(`a figure is transformed by ${kind}, which PDF is not painted with`);
  }
}

function setColors(document: PDFDocument, of: Inherited): void {
  if (of.fill !== 'none') document.fillColor(of.fill!, Number(of['fill-opacity'] ?? 1));
  if (of.stroke === 'none') return;
  document.strokeColor(of.stroke!, Number(of['stroke-opacity'] ?? 1)).lineWidth(Number(of['stroke-width']));
  document.lineCap((of['stroke-linecap'] ?? 'butt') as 'butt').lineJoin((of['stroke-linejoin'] ?? 'miter') as 'miter');
  const [length, space] = (of['stroke-dasharray'] ?? '').split(/[ ,]+/).map(Number);
  if (length) document.dash(length, { space: space ?? length });
}

/** A text with its lines: each stands at its own x, and below the one before by its dy. Letters lie over their outline. */
function paintText(document: PDFDocument, { attributes, children }: SvgNode, of: Inherited): void {
  const size = Number.parseFloat(of['font-size']!);
  const length = (value: string | number | undefined) =>
    String(value ?? 0).endsWith('em') ? Number.parseFloat(String(value)) * size : Number(value ?? 0);
  const weight = of['font-weight'] ?? 'normal';
  document.font(weight === 'bold' || Number(weight) >= 600 ? 'bold' : 'regular').fontSize(size);
  setColors(document, of);
  let [x, y] = [length(attributes.x), length(attributes.y)];
  const put = (text: string) => {
    const width = document.widthOfString(text);
    const left = { middle: width / 2, end: width }[of['text-anchor'] ?? 'start'] ?? 0;
    const options = { lineBreak: false, baseline: 'alphabetic' } as const;
    if (of.stroke !== 'none') document.text(text, x - left, y, { ...options, stroke: true, fill: false });
    if (of.fill !== 'none') document.text(text, x - left, y, { ...options, stroke: false, fill: true });
  };
  for (const child of children) {
    if (typeof child === 'string') put(child);
    else if (child.name === 'tspan') {
      if (child.attributes.x !== undefined) x = length(child.attributes.x);
      if (child.attributes.y !== undefined) y = length(child.attributes.y);
      y += length(child.attributes.dy);
      for (const text of child.children) if (typeof text === 'string') put(text);
    }
  }
}
