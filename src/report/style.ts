import { theme } from './figures/palette.js';

const variables = (scheme: 'light' | 'dark') =>
  Object.entries(theme[scheme])
    .map(([name, color]) => `${name}: ${color};`)
    .join(' ');

/** The page's look: one column, figures side by side where there is room, dark where the reader's system is dark. */
export const style = `
:root {
  color-scheme: light dark;
  ${variables('light')}
}
@media screen {
  :root[data-theme=dark] { color-scheme: dark; ${variables('dark')} }
  :root[data-theme=light] { color-scheme: light; }
}
@media screen and (prefers-color-scheme: dark) { :root:not([data-theme=light]) { ${variables('dark')} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--background); color: var(--text); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; margin: 3.2rem 0 .3rem; padding-top: 1.2rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.08rem; margin: 1.6rem 0 .6rem; }
h4 { font-size: .9rem; font-weight: 600; margin: 0 0 .2rem; overflow-wrap: anywhere; }
p { margin: .4rem 0; }
a { color: var(--link); text-underline-offset: .15em; }
.subtitle, .note, figcaption, .dashed-note, .heat-legend { color: var(--muted); font-size: .9rem; }
figcaption b { color: var(--text); font-weight: 600; }
nav ul { list-style: none; margin: 1rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; }
sub, sup { line-height: 0; }
figure { margin: 0 0 2rem; }
figcaption, .note { max-width: 46rem; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr)); gap: 1.4rem 1.8rem; margin: 1rem 0; }
.panel { min-width: 0; max-width: 34rem; }
.panel svg { width: 100%; height: auto; display: block; }
.panel.wide { max-width: none; }
.panel.wide svg { width: auto; max-width: none; }
.scroll { overflow-x: auto; background:
  linear-gradient(to right, var(--background) 40%, transparent) 0 0 / 2.4rem 100% no-repeat local,
  linear-gradient(to left, var(--background) 40%, transparent) 100% 0 / 2.4rem 100% no-repeat local,
  linear-gradient(to right, var(--edge), transparent) 0 0 / .9rem 100% no-repeat scroll,
  linear-gradient(to left, var(--edge), transparent) 100% 0 / .9rem 100% no-repeat scroll; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin: 0; padding: 0; font-size: .92rem; }
.legend li { display: inline-flex; align-items: center; gap: .45rem; overflow-wrap: anywhere; }
.legend svg { width: 34px; height: 16px; flex: none; }
.dashed-note { display: flex; align-items: center; gap: .45rem; margin: .2rem 0 0; }
.dashed-note svg { flex: none; color: var(--axis); }
.heat-legend { display: flex; align-items: center; gap: .5rem; margin: 0; }
.heat-legend svg { flex: none; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .8rem .35rem 0; text-align: right; vertical-align: top; white-space: nowrap; }
th[scope=row], .text, thead th[rowspan]:first-child { text-align: left; }
thead th[rowspan] { vertical-align: bottom; text-align: left; }
thead th { font-weight: 600; }
th[scope=colgroup] { text-align: center; }
thead tr:last-child th { border-bottom: 1px solid var(--axis); }
thead th[rowspan] { border-bottom: 1px solid var(--axis); }
th[scope=row] { font-weight: 500; }
tr.group > * { border-top: 1px solid var(--line); }
td small { display: block; color: var(--muted); font-size: .82em; line-height: 1.3; }
td.whole small { display: inline; margin-left: .5em; }
figcaption ul { margin: .2rem 0; padding-left: 1.2rem; }
details { margin: .5rem 0; }
[hidden] { display: none !important; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
button, input, select { font: inherit; font-size: .92rem; color: var(--text); background: var(--background); border: 1px solid var(--axis); border-radius: .35rem; padding: .15rem .5rem; max-width: 100%; }
button { cursor: pointer; }
button[aria-pressed=true] { background: var(--shade); }
.theme { margin-top: .8rem; }
.legend button { display: inline-flex; align-items: center; gap: .45rem; background: none; border-color: var(--line); }
.legend button[aria-pressed=false] { opacity: .7; text-decoration: line-through; border-style: dashed; }
.value { position: fixed; z-index: 1; max-width: min(24rem, 90vw); padding: .3rem .6rem; border-radius: .35rem; background: var(--text); color: var(--background); font-size: .85rem; white-space: pre-line; overflow-wrap: anywhere; pointer-events: none; }
svg .chosen { stroke: var(--text); stroke-width: 3px; }
.filter { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1.2rem; margin: .8rem 0; font-size: .92rem; }
.sample { border-top: 1px solid var(--line); padding: .6rem 0; max-width: 46rem; }
h5 { font-size: .85rem; font-weight: 600; color: var(--muted); margin: 0; }
.prompt, .response { white-space: pre-wrap; overflow-wrap: anywhere; }
.sample dl { display: block; margin: .3rem 0 0; }
.answer { display: grid; grid-template-columns: minmax(8rem, 12rem) 1fr; gap: 0 1.2rem; padding: .15rem 0; }
.claim-name { white-space: normal; overflow-wrap: anywhere; min-width: 9rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
.verdict { white-space: nowrap; font-weight: 600; }
.verdict.holds { color: var(--series-2); }
.verdict.fails { color: var(--series-1); }
.claim-note { white-space: normal; overflow-wrap: anywhere; min-width: 13rem; color: var(--muted); }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .35rem 1.4rem; font-size: .92rem; margin: .8rem 0; }
dt { color: var(--muted); overflow-wrap: anywhere; }
dd { margin: 0; overflow-wrap: anywhere; }
pre { overflow-x: auto; margin: .5rem 0; padding: .7rem .9rem; background: var(--shade); border-radius: .35rem; }
pre code { white-space: pre; }
.verdicts { list-style: none; margin: .4rem 0; padding: 0; display: grid; gap: .25rem; }
.verdicts .verdict { display: inline-block; min-width: 8rem; }
.dag svg, .timeline svg { display: block; margin: .4rem auto; font-size: 12.5px; }
.dag text, .timeline text { fill: var(--text); }
.dag .small, .timeline .small { fill: var(--muted); font-size: 11.5px; }
.dag rect { fill: var(--background); stroke: var(--axis); }
.dag .ran rect { stroke: var(--series-0); stroke-width: 2px; }
.dag .cached rect { stroke-dasharray: 4 3; fill: var(--shade); }
.dag .not-run rect { stroke-dasharray: 1 3; }
.dag .failed rect { stroke: var(--series-1); stroke-width: 3px; }
.links path { fill: none; stroke: var(--axis); stroke-opacity: .55; }
.timeline rect { fill: var(--series-0); }
.tick { fill: none; stroke: var(--grid); }
code { font: .88em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
@media (max-width: 36rem) {
  main { padding: 1.5rem 1rem 3rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .6rem; }
  .answer { grid-template-columns: 1fr; }
}
h2, h3, h4, h5, summary { break-after: avoid; }
@media print {
  :root { font-size: 10pt; }
  body { font-size: 1rem; }
  main { max-width: none; padding: 0; }
  nav, .downloads, .filter, .theme, .value { display: none; }
  h2 { margin-top: 2rem; }
  h3 + .legend, .dashed-note, .heat-legend { break-after: avoid; }
  .panels { grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; }
  .panel, .dag, .timeline, tr, li, dd { break-inside: avoid; }
  figcaption { break-before: avoid; }
  .scroll { overflow: visible; background: none; }
  .scroll svg, .panel.wide svg { max-width: 100%; height: auto; }
  pre { overflow: visible; }
  pre code { white-space: pre-wrap; overflow-wrap: anywhere; }
  table { font-size: .78rem; }
  th, td { white-space: normal; padding-right: .5rem; }
  th[scope=row], .text, thead th { overflow-wrap: anywhere; }
  .claim-name, .claim-note { min-width: 0; }
  a { color: inherit; text-decoration: none; }
}
`;
