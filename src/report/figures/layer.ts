import type { PanelKind } from './panel-kind.js';
import { type Drawing, plot } from './plot.js';

/** One tensor's number. null is shown as an empty cell. */
export interface TensorValue {
  readonly tensor: string;
  readonly value: number | null;
  readonly title: string;
}

/** Letters of the name of a part; the whole tensor is in the title of its cell. */
const mostLetters = 48;

export interface LayerPanel {
  readonly title: string;
  readonly values: readonly TensorValue[];
  /** The size of a value in full colour. */
  readonly max: number;
}

/** Place of a tensor in a model: `model.layers.3.mlp.up_proj.weight` is `mlp.up_proj` of layer 3. */
function tensorPlace(tensor: string): { readonly layer: number | null; readonly part: string } {
  const segments = tensor.replace(/\.weight$/, '').split('.');
  const at = segments.findIndex((segment) => /^\d+$/.test(segment));
  if (at < 0) return { layer: null, part: segments.join('.').replace(/^model\./, '') };
  return { layer: Number(segments[at]), part: segments.slice(at + 1).join('.') };
}

/**
 * A cell a tensor: layers from left to right, parts of a layer from top to bottom, tensors outside the layers in a
 * column of their own. The more opaque, the further the value is from 0; `max` is full colour, negative values have another.
 */
export const layers: PanelKind<LayerPanel> = { draw: drawLayers, limited: (panel) => panel, wide: true };

async function drawLayers({ title, values, max }: LayerPanel): Promise<Drawing> {
  const { Plot, draw } = await plot();
  const outside = '–';
  const cells = values.map((value) => {
    const { layer, part } = tensorPlace(value.tensor);
    return { ...value, part, column: layer === null ? outside : String(layer) };
  });
  const numbers = [...new Set(cells.map(({ column }) => column).filter((column) => column !== outside))];
  numbers.sort((a, b) => Number(a) - Number(b));
  const columns = cells.some(({ column }) => column === outside) ? [outside, ...numbers] : numbers;
  const inLayers = cells.filter(({ column }) => column !== outside);
  const parts = [...new Set([...inLayers, ...cells].map(({ part }) => part))];
  const longest = Math.max(...parts.map((part) => shortened(part).length));
  const marginLeft = 16 + longest * 7;
  const cellWidth = Math.max(9, Math.min(34, (450 - marginLeft) / columns.length));
  const every = Math.ceil(24 / cellWidth);
  return draw({
    width: marginLeft + cellWidth * columns.length + 12,
    height: 26 + 18 * parts.length + 40,
    marginLeft,
    marginTop: 8,
    marginBottom: 40,
    marginRight: 12,
    padding: 0.08,
    ariaLabel: title,
    x: {
      domain: columns,
      label: 'layer',
      labelAnchor: 'center',
      labelArrow: 'none',
      tickSize: 0,
      tickFormat: (column: string) => (column === outside || Number(column) % every === 0 ? column : ''),
    },
    y: { domain: parts, label: null, tickSize: 0, tickFormat: shortened },
    marks: [
      Plot.cell(cells, { x: 'column', y: 'part', fill: 'var(--cell-empty)', title: 'title' }),
      Plot.cell(
        cells.filter(({ value }) => value !== null),
        {
          x: 'column',
          y: 'part',
          fill: {
            value: ({ value }: TensorValue) => (value! < 0 ? 'var(--heat-negative)' : 'var(--heat)'),
            scale: null,
          },
          fillOpacity: { value: ({ value }: TensorValue) => Math.min(1, Math.abs(value!) / max), scale: null },
          title: 'title',
        },
      ),
    ],
  });
}

/** The end of a name, which tells parts of a layer apart. */
function shortened(part: string): string {
  return part.length > mostLetters ? `…${part.slice(1 - mostLetters)}` : part;
}

/** What the colours of cells stand for. */
export interface HeatScale {
  readonly label: string;
  /** Text of the value in full colour. */
  readonly max: string;
  /** Whether there are negative values, in a colour of their own. */
  readonly signed?: boolean;
}

const heatSteps = 32;

/** The colours from 0 (or from −max) to max, side by side. */
export async function drawHeatScale({ label, signed = false }: HeatScale): Promise<Drawing> {
  const { Plot, draw } = await plot();
  const steps = Array.from({ length: heatSteps }, (_, index) => {
    const value = (index + 0.5) / heatSteps;
    return { from: index, to: index + 1, value: signed ? 2 * value - 1 : value };
  });
  return draw({
    width: 128,
    height: 14,
    margin: 1,
    axis: null,
    ariaLabel: label,
    x: { domain: [0, heatSteps] },
    y: { domain: [0, 1] },
    marks: [
      Plot.rect(steps, {
        x1: 'from',
        x2: 'to',
        y1: 0,
        y2: 1,
        inset: 0,
        fill: {
          value: ({ value }: { value: number }) => (value < 0 ? 'var(--heat-negative)' : 'var(--heat)'),
          scale: null,
        },
        fillOpacity: { value: ({ value }: { value: number }) => Math.abs(value), scale: null },
      }),
      Plot.rect([{}], { x1: 0, x2: heatSteps, y1: 0, y2: 1, stroke: 'var(--line)' }),
    ],
  });
}
