import { type Html, html } from '../html.js';
import { plot } from './plot.js';

/** One tensor's number. null is shown as an empty cell. */
export interface TensorValue {
  readonly tensor: string;
  readonly value: number | null;
  readonly title: string;
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
export async function layerPanel(title: string, values: readonly TensorValue[], max: number): Promise<Html> {
  const { Plot, draw } = await plot();
  const outside = '–';
  const cells = values.map((value) => {
    const { layer, part } = tensorPlace(value.tensor);
    return { ...value, part, column: layer === null ? outside : String(layer) };
  });
  const layers = [...new Set(cells.map(({ column }) => column).filter((column) => column !== outside))];
  layers.sort((a, b) => Number(a) - Number(b));
  const columns = cells.some(({ column }) => column === outside) ? [outside, ...layers] : layers;
  const inLayers = cells.filter(({ column }) => column !== outside);
  const parts = [...new Set([...inLayers, ...cells].map(({ part }) => part))];
  const longest = Math.max(...parts.map((part) => part.length));
  const marginLeft = Math.min(230, 16 + longest * 7);
  const cellWidth = Math.max(9, Math.min(34, (450 - marginLeft) / columns.length));
  const every = Math.ceil(24 / cellWidth);
  const svg = draw({
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
    y: { domain: parts, label: null, tickSize: 0 },
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
  return html`<div class="panel wide"><h4>${title}</h4><div class="scroll" tabindex="0" role="group" aria-label="${title}">${svg}</div></div>`;
}

/** What the opacity of a cell means. */
export function heatLegend(label: string, max: string): Html {
  return html`<p class="heat-legend"><span>0</span><span class="heat-bar"></span><span>${max}</span> ${label}</p>`;
}

/** The same for values of both signs. */
export function signedHeatLegend(label: string, max: string): Html {
  return html`<p class="heat-legend"><span>−${max}</span><span class="heat-bar signed"></span><span>${max}</span> ${label}</p>`;
}
