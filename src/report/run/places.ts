/** Places of a page that take what its run adds. No text of a page can hold one: `<` is escaped there. */
export const runPlaces = {
  summary: '<!--run: summary-->',
  contents: '<!--run: contents-->',
  details: '<!--run: details-->',
} as const;
