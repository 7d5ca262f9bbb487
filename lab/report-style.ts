/** The looks of the report, light and dark. */
export const reportStyle = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); --soft: color-mix(in srgb, currentColor 6%, transparent);
  --held: #1a7440; --duplicate: #8a5a00; --broken: #b3261e; --bar: #3557d6 }
@media (prefers-color-scheme: dark) { :root { --held: #7bd7a0; --duplicate: #f0c265; --broken: #ff9d94; --bar: #9db2ff } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 }
main { max-width: 76rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
h1 { letter-spacing: -.02em; margin: 0 0 .4rem } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem } h3 { margin: .2rem 0 } h4 { margin: .9rem 0 .2rem; font-size: .9rem }
.lead { font-size: 1.1rem } a { color: var(--bar) } code { font-size: .9em }
b.held, b.duplicate, b.broken { border: 1px solid; border-radius: .35rem; padding: 0 .4rem; font-weight: 600 }
b.held { color: var(--held) } b.duplicate { color: var(--duplicate) } b.broken { color: var(--broken) }
details { border-bottom: 1px solid var(--line) } details[open] { background: var(--soft); padding-bottom: 1rem }
summary, .head { display: grid; grid-template-columns: minmax(11rem, 1fr) 2fr 2fr; gap: 1rem; padding: .55rem .5rem; align-items: start }
summary { cursor: pointer; list-style-position: outside } summary:hover { background: var(--soft) }
.head { font-size: .85rem; opacity: .7; border-bottom: 1px solid var(--line) } .fault { font-weight: 600; overflow-wrap: anywhere }
.fault::before { content: '▸ '; opacity: .6 } details[open] .fault::before { content: '▾ ' }
.cell.none { opacity: .6 } .bar { display: block; height: .35rem; margin-top: .3rem; background: var(--line); border-radius: 1rem }
.bar i { display: block; height: 100%; background: var(--bar); border-radius: 1rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; padding: 0 .75rem } dt { opacity: .7 } dd { margin: 0 }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; padding: 0 .75rem } .pair > div { min-width: 0 }
.happened { padding-left: 0; list-style: none; margin: 0 } time { display: inline-block; min-width: 3.6rem; font-variant-numeric: tabular-nums; opacity: .75 }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
footer { margin-top: 2rem; font-size: .85rem; opacity: .8 }
@media (max-width: 48rem) { summary, .pair { grid-template-columns: 1fr } .head { display: none } .cell::before { content: attr(aria-label) ': '; opacity: .7 } }`;
