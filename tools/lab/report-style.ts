/** The looks of the report, light and dark. Text is never fainter than 4.5 to 1 against what it stands on. */
export const reportStyle = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2126; --muted: #5a626c; --line: #d5d9de; --soft: #f5f6f8;
  --held: #14663a; --held-paper: #eef8f1; --duplicate: #7a4f00; --duplicate-paper: #fdf5e0;
  --broken: #a3201a; --broken-paper: #fdeeed; --bar: #3557d6; --closed: #b0560f; --link: #2f4fc4 }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #e6e9ed; --muted: #a3acb7; --line: #363c44; --soft: #1c2026;
  --held: #7bd7a0; --held-paper: #14251b; --duplicate: #f0c265; --duplicate-paper: #2b2312;
  --broken: #ff9d94; --broken-paper: #331a19; --bar: #8fa6ff; --closed: #f0a060; --link: #9db2ff } }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; background: var(--paper); color: var(--ink) }
main { max-width: 78rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
h1 { letter-spacing: -.02em; line-height: 1.2; margin: 0 0 .5rem } h2 { font-size: 1.2rem; margin: 2.2rem 0 .5rem }
h3 { margin: 0 0 .2rem; font-size: 1rem; scroll-margin-top: 9rem } h3:target { text-decoration: underline } h4 { margin: .9rem 0 .2rem; font-size: .88rem }
p { margin: .3rem 0 } a { color: var(--link) } .lead { font-size: 1.1rem; margin-bottom: .8rem } .muted { color: var(--muted) }
code { font-size: .9em; overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0 } dt { color: var(--muted) } dd { margin: 0; overflow-wrap: anywhere }
ul { margin: .2rem 0; padding-left: 1.1rem } ol { list-style: none; margin: .2rem 0; padding: 0 } ol li { display: grid; grid-template-columns: 4rem 1fr }
.legend { list-style: none; padding: 0 } .legend li { margin: .25rem 0 } .at { color: var(--muted); font-variant-numeric: tabular-nums; white-space: nowrap }
.word { display: inline-block; border: 1px solid currentColor; border-radius: .35rem; padding: 0 .4rem; font-weight: 600; text-decoration: none; white-space: nowrap }
.word.held, .held .word { color: var(--held) } .word.duplicate, .duplicate .word, .word.forgotten, .forgotten .word { color: var(--duplicate) }
.word.broken, .broken .word { color: var(--broken) } .word.none, .none .word { color: var(--muted) }
a.word:hover { text-decoration: underline } :focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .45rem .7rem; overflow-wrap: anywhere }
thead th { font-size: .85rem; color: var(--muted); font-weight: 600; border-bottom: 1px solid var(--line) }
.matrix { table-layout: fixed } .matrix > thead th { position: sticky; top: 0; background: var(--paper); z-index: 1 }
.matrix > thead th:first-child { width: 24% } .matrix .family { padding-top: 1.6rem; font-size: 1.05rem; border-bottom: 1px solid var(--line) }
td.held { background: var(--held-paper); border-left: 4px solid var(--held) } td.duplicate, td.forgotten { background: var(--duplicate-paper); border-left: 4px solid var(--duplicate) }
td.broken { background: var(--broken-paper); border-left: 4px solid var(--broken) } td.none { background: var(--soft); border-left: 4px solid var(--line) }
.counts { font-size: .88rem; margin-left: .3rem }
.measure { display: flex; flex-wrap: wrap; gap: .1rem .6rem; align-items: center; font-size: .85rem; font-variant-numeric: tabular-nums; margin-top: .15rem }
.measure > :first-child { flex: 0 1 12.5rem } .bar { flex: 1 1 4rem; height: .5rem; background: var(--line); border-radius: 1rem; overflow: hidden } .fill { display: block; height: 100%; min-width: 2px; background: var(--bar) } .fill.closed { background: var(--closed) }
.more > td { padding-top: .2rem; border-bottom: 1px solid var(--line) } summary { cursor: pointer; color: var(--muted); font-size: .9rem } summary:hover { color: var(--ink) }
.more details[open] > summary { color: var(--ink); font-weight: 600 }
.more dl, .pair { padding: 0 .9rem } .pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); grid-template-rows: repeat(6, auto); gap: 0 2rem; padding-bottom: .8rem }
/* Rows are shared, so that what belongs together stands side by side. */
article { display: grid; grid-row: span 6; grid-template-rows: subgrid; min-width: 0 } section { min-width: 0 }
.scroll { overflow-x: auto } .timeline { font-size: .85rem } .timeline th, .timeline td { padding: .2rem .7rem .2rem 0; border-bottom: 1px solid var(--line) }
.timeline tbody th { font-weight: 400; overflow-wrap: break-word } .timeline .at { width: 4.5rem }
.controls { font-size: .92rem } .controls > tbody > tr > * { border-bottom: 1px solid var(--line) } .controls th .muted { display: block; font-weight: 400 }
.controls > tbody > tr > th { width: 26% } .controls > tbody > tr > td:nth-child(4) { width: 36% } .controls summary { color: var(--ink) }
@media (max-width: 48rem) { main { padding: 1.25rem .75rem 3rem } th, td { padding: .4rem .45rem } .matrix { font-size: .85rem } .matrix > thead th { font-size: min(.72rem, 2.9vw) } .matrix > thead th:first-child { width: 28% } .word { white-space: normal }
  .counts { display: block; margin: .1rem 0 } .more dl, .pair { padding-inline: 0 }
  .pair { display: block } article { display: block; margin-top: 1rem } dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .3rem }
  .controls { min-width: 44rem } }
@media print { .matrix > thead th { position: static } }`;
