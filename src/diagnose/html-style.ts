/** The style of a diagnosis as a page: on screens, light and dark, and on paper. */
export const STYLE: string = `
:root { --back: #fff; --text: #1b1f24; --faint: #59636e; --line: #d5dae0; --soft: #f5f7f9; --bad: #b3261e; --bad-soft: #fdecea; --good: #1a7f37; --good-soft: #e8f6ec;
  --dns: #8250df; --connect: #0969da; --handshake: #1b9aaa; --tls: #bf8700; --wait: #9aa4ae; --rest: #2da44e; }
@media (prefers-color-scheme: dark) { :root { --back: #14171b; --text: #e5e9ee; --faint: #9aa5b1; --line: #343b43; --soft: #1d2228; --bad: #ff8a80; --bad-soft: #3a1d1c;
  --good: #6fd08c; --good-soft: #16301f; --dns: #b392f0; --connect: #58a6ff; --handshake: #4fd1c5; --tls: #e3b341; --wait: #5d6772; --rest: #56d364; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main, footer { max-width: 1100px; margin: 0 auto; padding: 0 24px; }
main { padding-top: 24px; }
code, pre, .picture text.note { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
h1 { font-size: 22px; line-height: 1.35; margin: 4px 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 15px; margin: 26px 0 6px; }
p { margin: 0 0 8px; } ul { margin: 0; padding-left: 20px; } li { margin: 3px 0; overflow-wrap: anywhere; }
header { border-left: 5px solid var(--good); background: var(--good-soft); border-radius: 8px; padding: 14px 18px; }
header.broken { border-color: var(--bad); background: var(--bad-soft); }
.asked { color: var(--faint); font-size: 13px; margin: 0; overflow-wrap: anywhere; }
.facts { margin: 0; } .facts span { display: inline-block; margin-right: 14px; color: var(--faint); } .facts b, .facts code { color: var(--text); }
.wide { overflow-x: auto; }
.picture, .step { display: flex; flex-wrap: wrap; } .picture { margin: 14px 0 0; } .step { max-width: 100%; }
.picture svg { display: block; max-width: 100%; height: auto; }
.picture text { font-size: 13px; fill: var(--text); text-anchor: middle; }
.picture text.name { font-weight: 600; } .picture text.note { font-size: 12px; fill: var(--faint); }
.box rect { fill: var(--soft); stroke: var(--line); stroke-width: 1.5; } .box.lost rect { stroke-dasharray: 5 4; }
.leg line, .leg path { stroke: var(--good); stroke-width: 2; fill: none; stroke-linecap: round; }
.leg.broke line, .leg.broke path { stroke: var(--bad); } .leg.broke path { stroke-width: 3; } .leg.broke text { fill: var(--bad); font-weight: 600; }
.leg.unseen line { stroke: var(--wait); stroke-dasharray: 1 7; }
.fixes { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 14px; margin-top: 22px; }
.fixes div { border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; } .fixes h2 { margin-top: 0; } .fixes p { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; vertical-align: top; padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: 500; } td { overflow-wrap: anywhere; } td:nth-child(2) { min-width: 220px; } td:nth-child(3) { min-width: 220px; } small { color: var(--faint); font-size: 12px; }
.mark { white-space: nowrap; font-weight: 600; color: var(--good); } .fault .mark { color: var(--bad); } .cut .mark, tr.cut td { color: var(--faint); font-weight: 400; }
td.times { min-width: 190px; white-space: nowrap; } th.times { min-width: 190px; font-weight: 400; }
.bar { display: inline-flex; width: 120px; height: 10px; border-radius: 3px; overflow: hidden; background: var(--soft); vertical-align: middle; } .bar i { display: block; min-width: 1px; }
.ms { color: var(--faint); font-variant-numeric: tabular-nums; }
.key { white-space: nowrap; margin-right: 4px; } .key::before { content: ""; display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 4px; background: currentColor; }
.key.dns::before, i.dns { background: var(--dns); } .key.connect::before, i.connect { background: var(--connect); } .key.handshake::before, i.handshake { background: var(--handshake); }
.key.tls::before, i.tls { background: var(--tls); } .key.wait::before, i.wait { background: var(--wait); } .key.rest::before, i.rest { background: var(--rest); }
details { border-bottom: 1px solid var(--line); padding: 6px 0; font-size: 13px; } summary { cursor: pointer; color: var(--faint); overflow-wrap: anywhere; }
.talk { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 12px; margin-top: 6px; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: 10px 12px; margin: 0; font-size: 12px; line-height: 1.45; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.wide { white-space: pre; }
footer { color: var(--faint); font-size: 12px; padding-top: 26px; padding-bottom: 30px; }
@media print { :root { --back: #fff; --text: #000; --faint: #444; --line: #bbb; --soft: #fff; --bad: #b3261e; --bad-soft: #fff; --good: #1a7f37; --good-soft: #fff; }
  body { font-size: 11px; } main, footer { max-width: none; padding: 0; } header { border: 1px solid var(--line); border-left: 5px solid var(--bad); }
  h1 { font-size: 17px; } h2 { font-size: 13px; break-after: avoid; margin-top: 18px; } tr, li, .fixes, header { break-inside: avoid; } details { display: none; } .wide { overflow: visible; } pre.wide { white-space: pre-wrap; } * { print-color-adjust: exact; } }
`;
