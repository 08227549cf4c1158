/** What is used of resvg: declared here, so that the sources compile where the optional package is not installed. */
declare module '@resvg/resvg-js' {
  export class Resvg {
    constructor(
      svg: string,
      options: {
        readonly fitTo: { readonly mode: 'width'; readonly value: number };
        readonly font: {
          readonly fontFiles: readonly string[];
          readonly loadSystemFonts: boolean;
          readonly defaultFontFamily: string;
          readonly sansSerifFamily: string;
        };
      },
    );
    render(): { asPng(): Uint8Array };
  }
}
