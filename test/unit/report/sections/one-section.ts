import { parseHTML } from 'linkedom';
import { claimEffects } from '../../../../src/eval/claims/registry.js';
import { reportPage } from '../../../../src/report/page.js';
import type { ReportParams } from '../../../../src/steps/report.js';

/** Would end the element or attribute that it stands in, if it were not escaped. */
export const hostile = `</td></title>"><img src=x onerror=alert(1)>' onload='alert(1)</svg><script>alert(1)</script>`;

/** The section of a report that shows one part, from the given result files, as a document to look into. */
export async function sectionOf(
  name: string,
  files: Readonly<Record<string, string>>,
  params: Partial<ReportParams> = {},
): Promise<{ readonly section: Element; readonly document: Document; readonly text: string }> {
  const page = await reportPage(
    {
      claimEffects,
      params: {
        title: 'Example',
        workflow: 'example',
        files: Object.keys(files),
        linked: [],
        updates: [],
        figures: [name],
        tables: [name],
        asked: [],
        provenance: [],
        ...params,
      },
      files: new Map(Object.entries(files)),
    },
    { digests: new Map(), version: '1.2.3' },
  );
  const { document } = parseHTML(page);
  const section = document.getElementById(name)!;
  return { section, document, text: spaced(section) };
}

/** Text as it is read, whatever the white space in the markup. */
export function spaced(element: Element): string {
  return element.textContent.replaceAll(/\s+/g, ' ').trim();
}

/** Rows of every table body: the texts of their cells. */
export function bodyRows(of: Element): string[][] {
  return [...of.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => spaced(cell)));
}

/** Whether a hostile name has become more than text. */
export function isHarmless(document: Document): boolean {
  const elements = [...document.querySelectorAll('*')];
  return (
    document.querySelectorAll('script:not(body > script[type=module]:last-child), img').length === 0 &&
    elements.every((element) => element.getAttributeNames().every((attribute) => !attribute.startsWith('on')))
  );
}
