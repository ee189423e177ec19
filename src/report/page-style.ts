import { paletteCss } from "./palette.ts";

/** The page's style sheet. Colours come from the palette, so that tables and figures agree. */
export const pageStyle = `${paletteCss(":root")}
:root{--link:#0a5cad;color-scheme:light dark}
@media screen and (prefers-color-scheme:dark){:root{--link:#7ab8ff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
main,footer{max-width:49rem;margin:0 auto;padding:0 1.25rem}
header{padding:3.5rem 0 1rem}
.kicker{margin:0 0 .75rem;color:var(--muted);font-size:.9rem;font-weight:600}
h1{margin:0 0 1.25rem;font-size:clamp(1.55rem,1.1rem + 2.1vw,2.3rem);line-height:1.22;letter-spacing:-.015em;font-weight:700;text-wrap:balance}
.lead{margin:0 0 .8rem;font-size:1.08rem;max-width:42rem}
section{padding:1rem 0}
h2{margin:1.5rem 0 .75rem;font-size:1.35rem;line-height:1.3;letter-spacing:-.01em}
p,ul,dl{max-width:42rem}
p{margin:0 0 1rem}
ul{padding-left:1.2rem;margin:0 0 1rem}
li{margin:.3rem 0}
figure{margin:1.25rem 0 2rem}
figcaption{margin-top:.75rem;max-width:42rem;font-size:.92rem;color:var(--muted)}
.striate-figure{display:block;width:100%}
.narrow{display:none}
.scroll{overflow-x:auto;margin:0 -1.25rem 1rem;padding:0 1.25rem}
.scroll:focus-visible,pre:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.92rem;line-height:1.4}
.wrapped thead th+th{white-space:normal;min-width:6.5rem}
.compact{width:auto;min-width:min(22rem,100%)}
caption{caption-side:bottom;text-align:left;padding-top:.75rem;color:var(--muted)}
th,td{padding:.42rem .6rem;text-align:left;vertical-align:baseline;white-space:nowrap}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:0}
thead th{border-bottom:1.5px solid var(--ink);font-weight:600;vertical-align:bottom}
tbody th{font-weight:400}
tbody tr+tr>*{border-top:1px solid var(--hairline)}
tr.group>*{padding-top:1.1rem;font-weight:600}
tbody tr+tr.group>*{border-top:0}
tbody tr.group+tr>*{border-top:1px solid var(--muted)}
tr.emphasis>*{font-weight:650}
.number{text-align:right;font-variant-numeric:tabular-nums}
.unit,.detail{display:block;color:var(--muted);font-weight:400}
.detail{font-size:.85em}
.swatch{display:inline-block;width:.7em;height:.7em;margin-right:.55em;border-radius:2px;background:var(--swatch)}
p.note{font-size:.92rem;color:var(--muted)}
details{margin-top:.75rem;font-size:.92rem}
summary{cursor:pointer;color:var(--link);width:max-content;max-width:100%}
details .scroll{margin-top:.5rem}
pre{overflow-x:auto;margin:0 0 1rem;padding:.8rem 1rem;border-radius:6px;background:var(--band);font:.92rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
dl{margin:0 0 1rem}
dl div{display:grid;grid-template-columns:11rem 1fr;gap:1rem;padding:.3rem 0;border-top:1px solid var(--hairline)}
dt{color:var(--muted);overflow-wrap:anywhere}
dd{margin:0;min-width:0;font-variant-numeric:tabular-nums}
footer{padding-bottom:3rem;color:var(--muted);font-size:.88rem}
@media screen and (max-width:40rem){
header{padding-top:2rem}
.wide{display:none}
.narrow{display:block;max-width:30rem}
dl div{grid-template-columns:8.2rem 1fr}
}
@media print{
html{font-size:9.5pt}
section{padding:.25rem 0}
main,footer{max-width:none;padding:0}
header{padding-top:0}
figure,tr,pre,dl div{break-inside:avoid}
h2{break-after:avoid}
summary{display:none}
.scroll{overflow:visible;margin:0;padding:0}
.swatch{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}`;
