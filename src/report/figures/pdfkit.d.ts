/** What is used of pdfkit, which comes without types, and where it is not installed. */
declare module 'pdfkit' {
  interface TextOptions {
    readonly lineBreak: false;
    readonly baseline: 'alphabetic';
    readonly stroke?: boolean;
    readonly fill?: boolean;
  }

  export default class PDFDocument {
    constructor(options: {
      readonly size: readonly [number, number];
      readonly margin: number;
      readonly info: { readonly Title: string; readonly Creator: string; readonly CreationDate: Date };
    });
    on(event: 'data', listener: (chunk: Uint8Array) => void): this;
    on(event: 'end', listener: () => void): this;
    end(): void;
    registerFont(name: string, data: Uint8Array): this;
    font(name: string): this;
    fontSize(size: number): this;
    widthOfString(text: string): number;
    save(): this;
    restore(): this;
    translate(x: number, y: number): this;
    scale(factor: number): this;
    path(d: string): this;
    rect(x: number, y: number, width: number, height: number): this;
    circle(x: number, y: number, r: number): this;
    moveTo(x: number, y: number): this;
    lineTo(x: number, y: number): this;
    lineWidth(width: number): this;
    lineCap(cap: 'butt' | 'round' | 'square'): this;
    lineJoin(join: 'miter' | 'round' | 'bevel'): this;
    dash(length: number, options: { readonly space: number }): this;
    fillColor(color: string, opacity: number): this;
    strokeColor(color: string, opacity: number): this;
    fill(): this;
    stroke(): this;
    fillAndStroke(): this;
    text(text: string, x: number, y: number, options: TextOptions): this;
  }
}
