"""The page's own style on top of Streamlit's theme: both colour schemes, desktop and phone.

Colours are mixed from the text's own wherever they can be, so that a change of theme needs none
here. ``light-dark()`` follows the scheme that Streamlit sets.
"""

from __future__ import annotations

STYLE = """
<style>

.stApp {
  --rq-line: light-dark(#c9d1d2, #3a4449);
  --rq-soft: light-dark(#f0f3f2, #1f272b);
  --rq-ground: light-dark(#fcfcfa, #14191c);
  --rq-quiet: light-dark(#4d5b62, #b3bec2);
  --rq-accent: light-dark(#1f5f7a, #6fb4d0);
  --rq-good: light-dark(#2c6e49, #7cc49c);
  --rq-bad: light-dark(#9b2c2c, #f0a3a3);
  --rq-mark: light-dark(#ffe55c, #ffe55c);
}
.stAppHeader { background: transparent; pointer-events: none; }
.stMainBlockContainer { max-width: 84rem; padding-top: .75rem; padding-bottom: 4rem; }
.st-key-menu { border-bottom: 1px solid var(--rq-line); padding-bottom: .35rem; }
.st-key-menu .rq-quiet { text-align: right; }
.st-key-gate { max-width: 27rem; margin: 10vh auto 0; }
.stMainBlockContainer h1 { font-size: 1.6rem; padding: 0 0 .5rem; letter-spacing: -.01em; }
.rq-lead, .rq-quiet { color: var(--rq-quiet); margin: 0; }
.rq-lead { font-size: 1.05rem; }
.rq-unsure { border-left: 4px solid var(--rq-bad); margin: 0; padding-left: .6rem; }
.rq-quiet { font-size: .875rem; }
.rq-quiet a { color: light-dark(#1a5a8a, #8cc4e0); text-decoration: underline; }
.stMainBlockContainer :is(h2, h3).rq-h { font-size: 1.05rem; font-weight: 600;
  margin: .25rem 0 .1rem; padding: 0;
  line-height: 1.4; }
.rq-bullets { margin: 0; padding-left: 1.15rem; color: var(--rq-quiet); }
.rq-bullets li { margin: 0 0 .3rem; font-size: .9375rem; line-height: 1.5; }

/* The row of the form: the box takes what is left */
.st-key-ask-row > :has(.stTextInput) { flex: 5 1 22rem; min-width: 14rem; }
.st-key-ask-row > :has(.stMultiSelect) { flex: 2 1 14rem; min-width: 12rem; }
.st-key-ask-row input { font-size: 1.0625rem; }
.st-key-examples .stButton button, .st-key-follow-ups .stButton button { text-align: left; }
.st-key-examples button p, .st-key-follow-ups button p, .st-key-history button p {
  text-align: left; }
.st-key-bridge { position: absolute; width: 1px; height: 1px; overflow: hidden; }

/* Answer */
.rq-answer { border-left: 4px solid var(--rq-accent); padding: .1rem 0 .1rem 1rem; margin: 0; }
.rq-answer p, .rq-answer li { font-size: 1.125rem; line-height: 1.6; margin: 0 0 .45rem;
  overflow-wrap: anywhere; }
.rq-answer ul { margin: 0; padding-left: 1.15rem; }
.stMainBlockContainer h2.rq-asked { font-size: 1rem; font-weight: 600; line-height: 1.45;
  padding: 0;
  margin: 0 0 .4rem; color: var(--rq-quiet); overflow-wrap: anywhere; }
a.rq-n, .rq-n { display: inline-block; min-width: 1.5em; padding: 0 .3em; margin-left: .15em;
  border: 1px solid var(--rq-accent); border-radius: .35rem; font-size: .8em; line-height: 1.45;
  text-align: center; text-decoration: none; color: var(--rq-accent); font-weight: 600; }
a.rq-n { min-width: 1.7em; line-height: 1.6; }
a.rq-n:hover { background: var(--rq-soft); text-decoration: underline; }
/* Under the line with its number and as wide as the column: never off the side of the screen */
.rq-answer :is(p, li) { position: relative; }
.rq-tip { display: block; position: absolute; z-index: 20; left: 0; right: 0; margin-top: .3rem;
  padding: .6rem .8rem; text-align: left;
  font-size: .9375rem; font-weight: 400; line-height: 1.45; white-space: normal;
  border-radius: .4rem;
  color: light-dark(#1f2a30, #e4e9eb); background: var(--rq-ground);
  border: 1px solid var(--rq-line);
  box-shadow: 0 4px 16px rgb(0 0 0 / 18%); }
.rq-tip b { display: block; }
/* A quote waits a little before it goes, so that the pointer can get to it by any way */
.rq-answer .rq-tip { visibility: hidden; transition: visibility 0s .3s !important; }
.rq-answer .rq-cite[data-hushed] .rq-tip { transition: none !important; }
.rq-answer .rq-cite:is(:hover, :has(:focus-visible)):not([data-hushed]) .rq-tip {
  visibility: visible; transition: none !important; z-index: 21; }

/* The nearest passages fade in late: where the answer comes at once, nothing flickers */
.rq-first { display: grid; gap: .75rem; border-left: 4px solid var(--rq-line);
  padding-left: 1rem; animation: rq-appear .2s .15s backwards; }
@keyframes rq-appear { from { opacity: 0; } }

/* Sources and passages */
.rq-source { display: flex; gap: .75rem; align-items: flex-start; }
.rq-source > div { min-width: 0; flex: 1; }
.rq-source .rq-n { margin: .1rem 0 0; flex: none; font-size: .9rem; }
.rq-source p { margin: 0; overflow-wrap: anywhere; line-height: 1.45; }
.rq-where { font-weight: 600; }
.rq-path { color: var(--rq-quiet); font-size: .875rem; }
.rq-source blockquote { margin: .5rem 0 .25rem; padding: 0 0 0 .8rem; border: 0;
  border-left: 3px solid var(--rq-mark); color: inherit; line-height: 1.55; white-space: pre-line;
  overflow-wrap: anywhere; }
.rq-score { font-variant-numeric: tabular-nums; white-space: nowrap; }

/* A source and its button stand side by side */
[class*="st-key-card-"] { padding: .75rem .9rem; }
[class*="st-key-hit-"] { border-top: 1px solid var(--rq-line); padding-top: .75rem; }
[class*="st-key-card-"] .stButton, [class*="st-key-hit-"] .stButton { padding-left: 2.1rem; }

/* Notices: an icon and words say what the colour says */
.rq-notice { border: 1px solid var(--rq-line); border-left-width: 4px; border-radius: .4rem;
  background: var(--rq-soft); padding: .8rem 1rem; }
.rq-notice p { margin: 0; line-height: 1.5; overflow-wrap: anywhere; }
.rq-notice p + p, .rq-notice p + ul { margin-top: .3rem; }
.rq-notice ul { margin: 0; padding-left: 1.15rem; }
.rq-notice li { overflow-wrap: anywhere; }
.rq-notice .rq-title { font-weight: 600; }
.rq-note { border-left-color: var(--rq-accent); }
.rq-good { border-left-color: var(--rq-good); }
.rq-bad { border-left-color: var(--rq-bad); }

[data-testid="InputInstructions"] { display: none; }

/* Library */
.rq-table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.rq-table caption { text-align: left; color: var(--rq-quiet); font-size: .875rem;
  padding: 0 0 .4rem; }
.rq-table th, .rq-table td { text-align: left; vertical-align: top; padding: .6rem 0 .6rem 1.25rem;
  border-bottom: 1px solid var(--rq-line); overflow-wrap: anywhere; font-weight: 400; }
.rq-table thead th { font-size: .875rem; font-weight: 600; overflow-wrap: normal; }
.rq-table .rq-number { text-align: right; white-space: nowrap; }
.rq-table tr > :first-child { padding-left: 0; }
.rq-table tbody th { font-weight: 600; min-width: 9rem; }
.rq-table small { display: block; color: var(--rq-quiet); font-weight: 400; font-size: .8125rem; }
.rq-list.rq-list { list-style: none; margin: 0; padding: 0; }
.rq-list.rq-list li { margin: 0; padding: .6rem 0; font-size: 1rem;
  border-top: 1px solid var(--rq-line);
  overflow-wrap: anywhere; }
.rq-list small { display: block; color: var(--rq-quiet); font-size: .8125rem; }

.rq-facts { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: 0;
  font-size: .9375rem; }
.rq-facts.rq-facts { padding: 0; }
.rq-facts dt { color: var(--rq-quiet); }
.rq-facts dd { margin: 0; overflow-wrap: anywhere; }

/* Quality */
.rq-table.rq-figures { margin-bottom: 1.25rem; }
.rq-plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr));
  gap: 1.5rem; }
.rq-plot { margin: 0; }
.rq-plot img { display: block; width: 100%; height: auto; }
.rq-plot figcaption { color: var(--rq-quiet); font-size: .875rem; line-height: 1.45; }
[class*="st-key-failing-"], [class*="st-key-own-"] { border-top: 1px solid var(--rq-line);
  padding-top: .75rem; }
[class*="st-key-ask-failing-"] button p, [class*="st-key-ask-own-"] button p { text-align: left;
  font-weight: 600; overflow-wrap: anywhere; }
.st-key-verdict [data-testid="stCaptionContainer"],
.st-key-verdict [data-testid="stCaptionContainer"] p { color: var(--rq-quiet) !important;
  opacity: 1 !important; }
.rq-facts dd small { display: block; color: var(--rq-quiet); font-size: .8125rem; }

/* Compare */
.st-key-compare-cells { display: grid; gap: .75rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); }
.st-key-compare-cells > * { width: 100% !important; min-width: 0; height: 100%; }
.st-key-compare-row > :has(.stTextInput) { flex: 5 1 22rem; min-width: min(14rem, 100%); }
[class*="st-key-cell-"] { padding: .9rem 1rem; }
[class*="st-key-cell-"] .rq-answer :is(p, li) { font-size: 1rem; line-height: 1.5; }
[class*="st-key-cited-"] { border-top: 1px solid var(--rq-line); padding-top: .6rem; }
[class*="st-key-cited-"] .rq-source { gap: .5rem; }
.rq-clamp { margin: 0; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2;
  overflow: hidden; overflow-wrap: anywhere; }
.rq-not-here { margin: 0; font-weight: 600; color: var(--rq-quiet); }
.rq-changes { margin: .25rem 0 .75rem; }
.rq-changes .rq-value { min-width: 7rem; }
.rq-changes a.rq-n { font-weight: 400; white-space: nowrap; padding: 0 .4em; }
.rq-change { font-weight: 600; white-space: nowrap; }
.rq-better { color: var(--rq-good); }
.rq-worse { color: var(--rq-bad); }

/* Picture of a page */
.rq-scroll { overflow: auto; border: 1px solid var(--rq-line); border-radius: .4rem;
  background: #fff; max-height: calc(100vh - 24rem); min-height: 16rem; }
.rq-picture { position: relative; width: 100%; }
.rq-picture.rq-zoom1 { width: 150%; }
.rq-picture.rq-zoom2 { width: 220%; }
.rq-picture.rq-zoom3 { width: 320%; }
.st-key-page-zoom-out-first { display: none; }
.rq-hit { position: absolute; mix-blend-mode: multiply; background: #b5dcff;
  box-shadow: 0 0 0 2px #0b5394; }
.rq-hit-now { background: #ffc9a3; box-shadow: 0 0 0 2px #fff, 0 0 0 5px #7a2a00; }
.rq-quoted { margin: 0; font-size: .875rem; line-height: 1.45; overflow: hidden;
  overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 2; }
.rq-quoted b { font-weight: 600; }
.rq-row { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between;
  gap: 0 1.25rem; }
.rq-links { display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; }
.stApp .st-key-page-find input:focus-visible { outline: none !important; }
.st-key-page-find .stTextInput:focus-within { outline: 3px solid var(--rq-accent);
  outline-offset: 2px; border-radius: .5rem; }
.st-key-page-find > :has(.stTextInput) { flex: 1 1 12rem; min-width: 10rem; }
.rq-picture img { display: block; width: 100%; height: auto; }
.rq-target { position: absolute; width: 1px; height: 8rem; scroll-margin-top: 12rem;
  scroll-initial-target: nearest; }
.rq-hint { border: 1px dashed var(--rq-line); border-radius: .4rem; padding: 1.5rem;
  text-align: center; color: var(--rq-quiet); }
.st-key-aside { border-left: 1px solid var(--rq-line); padding-left: 1.5rem; }

/* Ratings at a glance: a value is a link; a grade has its colour, and its words say the same */
.stColumn:has(.rq-closed) { display: none; }
.stHorizontalBlock:has(> .stColumn .rq-closed) > .stColumn:first-child { flex: 1 1 100%;
  width: 100%; }
.rq-wide { overflow-x: auto; max-width: 100%; }
.rq-rated { border-collapse: separate; border-spacing: 0; font-size: .875rem; width: 100%; }
.rq-rated tr > :first-child { padding-left: 0; }
.rq-rated caption { text-align: left; font-weight: 600; font-size: 1.05rem;
  padding: .6rem 0 .3rem; }
.rq-rated th, .rq-rated td { text-align: left; vertical-align: top; padding: .25rem; border: 0;
  font-weight: 400; overflow-wrap: anywhere; }
.rq-rated thead th { vertical-align: bottom; font-weight: 600; color: var(--rq-quiet);
  overflow-wrap: normal; hyphens: auto; line-height: 1.3; }
.rq-rated tbody th { font-weight: 600; min-width: 8.5rem; }
.rq-rated tbody th small { display: block; }
.rq-rated small { font-weight: 400; font-size: .75rem; }
.rq-rated tbody th small { color: var(--rq-quiet); }
.rq-rated.rq-matrix { width: auto; border-spacing: 2px; margin-left: -2px; }
.rq-matrix thead th + th { width: 9rem; }
.rq-matrix td { padding: 0; min-width: 5.2rem; height: 1px; }
.rq-plain tbody tr > * { border-bottom: 1px solid var(--rq-line); }
.rq-plain td { min-width: 6.5rem; }
a.rq-n.rq-to { margin: 0; padding: .2rem .4rem; font-size: .875rem; text-align: left; }
a.rq-n.rq-to small { display: inline-block; white-space: nowrap; }
.rq-matrix a.rq-n.rq-to { display: block; min-height: 3.4rem; overflow-wrap: normal; }
.rq-rated a.rq-to[class*="rq-step-"] { border-color: transparent; }
.rq-plain a.rq-n.rq-to { white-space: nowrap; }
.rq-matrix tbody th { position: sticky; left: 0; background: var(--rq-ground); z-index: 1; }
.rq-matrix a.rq-n.rq-to:only-of-type { height: 100%; }
.rq-matrix a.rq-n.rq-to small { display: block; }
.rq-matrix a.rq-n.rq-to + a.rq-n.rq-to { margin-top: 2px; }
.stApp a.rq-to[class*="rq-step-"]:hover { text-decoration: underline; filter: brightness(1.06); }
.stApp a.rq-to[aria-current="true"] { outline: 3px solid var(--rq-accent); outline-offset: -1px; }
.rq-matrix .rq-none, .rq-matrix td { color: var(--rq-quiet); }
.rq-matrix .rq-none { display: block; padding: .3rem .4rem; }
.rq-column { display: none; }
.rq-spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.rq-said small { margin-top: .25rem; }

/* Between which ends a slider moves, not only while somebody points at it */
.stSlider [data-testid="stSliderTickBar"] { opacity: 1; visibility: visible; }
.stSlider [data-testid="stSliderThumbValue"] { color: var(--rq-accent); }

/* Beside chosen values the box for more is a target too */
.stMultiSelect input { min-width: 1.6rem; }

/* Focus is seen on everything that can have it */
.stApp :is(a, button, input, textarea, summary, [tabindex="0"]):focus-visible {
  outline: 3px solid var(--rq-accent) !important; outline-offset: 2px; box-shadow: none !important;
  }

/* A choice shows its focus around the whole box, not around what is typed in it */
.stApp :is(.stSelectbox, .stMultiSelect) input:focus-visible { outline: none !important; }
.stApp :is(.stSelectbox, .stMultiSelect) [role="group"]:has(input:focus-visible) {
  outline: 3px solid var(--rq-accent); outline-offset: 2px; }
.stSelectbox input { text-overflow: ellipsis; }

/* Where a column is narrow, buttons with a sign show it alone; their words stay their names */
@media (max-width: 1100px) {
  :is([class*="st-key-page-previous"], [class*="st-key-page-next"], [class*="st-key-page-zoom"],
    [class*="st-key-page-hit"]) [data-testid="stMarkdownContainer"] { position: absolute;
    width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
}
@media (min-width: 641px) {
  .stColumn:has(.st-key-page-panel, .st-key-page-panel-beside) { align-self: stretch; }
  .stColumn > .stVerticalBlock > :has(> .st-key-page-panel, > .st-key-page-panel-beside) {
    position: sticky; top: 1rem; }
}
@media (max-width: 640px) {
  .stMainBlockContainer { padding: .75rem 1rem 3rem; }
  .stMainBlockContainer h1 { font-size: 1.4rem; }
  .rq-hint, .st-key-page-panel-beside { display: none; }
  .st-key-aside { border-left: 0; padding-left: 0; }
  .stColumn:not(:has(.stElementContainer)) { display: none; }
  .st-key-page-zoom-out-first { display: block; }
  .rq-picture { width: 165%; }
  .rq-picture.rq-zoom-1 { width: 100%; }
  .rq-picture.rq-zoom1 { width: 230%; }
  .rq-picture.rq-zoom2 { width: 320%; }
  .rq-picture.rq-zoom3 { width: 440%; }
  .rq-quoted { line-height: 1.35; }
  .st-key-page-panel { position: fixed; z-index: 90; inset: auto 0 0 0; width: 100%; height: 82vh;
    overflow: auto; padding: 1rem; background: var(--rq-ground);
    border-top: 1px solid var(--rq-line);
    box-shadow: 0 -8px 24px rgb(0 0 0 / 25%); }
  .rq-scroll { max-height: max(14rem, calc(82vh - 15rem)); }
  .st-key-page-close { position: absolute; top: .6rem; right: .6rem; }
  .st-key-page-tools { gap: .4rem; }
  .st-key-page-tools button { padding: .25rem .6rem; }
  .st-key-ask-row > :is(:has(.stTextInput), :has(.stMultiSelect)) { flex: 1 1 100%;
    min-width: 100%; }
  .rq-table :is(table, tbody, tr, th, td, caption) { display: block; }
  .rq-table thead { display: none; }
  .rq-table tr { border-bottom: 1px solid var(--rq-line); padding: .6rem 0; }
  .rq-table th, .rq-table td { border: 0; padding: 0; }
  .rq-table .rq-number { display: inline-block; text-align: left; font-size: .875rem;
    margin-right: 1rem;
    color: var(--rq-quiet); }
  .rq-table .rq-number::before { content: attr(data-name) ": "; }
  .rq-changes .rq-value::before { content: attr(data-name) ": "; color: var(--rq-quiet); }
  .rq-rated :is(tbody, tr, th, td, caption) { display: block; }
  .rq-rated { display: block; }
  .rq-rated thead { display: none; }
  .rq-rated tbody tr { padding: .6rem 0; border-bottom: 1px solid var(--rq-line); }
  .rq-rated tbody td { display: grid; grid-template-columns: 9rem 1fr; gap: .5rem; padding: 2px 0;
    align-items: center; border: 0; }
  .rq-rated tbody td a.rq-n.rq-to { min-height: 0; white-space: normal; }
  .rq-rated.rq-matrix { margin-left: 0; }
  .rq-matrix td, .rq-matrix a.rq-n.rq-to:only-of-type { height: auto; }
  .rq-matrix tbody th { position: static; }
  .rq-rated tbody th { padding: .25rem 0; }
  .rq-rated .rq-column { display: block; color: var(--rq-quiet); font-size: .8125rem; }
  .rq-matrix a.rq-n.rq-to small { display: inline-block; }
}
@media (prefers-reduced-motion: reduce) {
  .stApp * { transition: none !important; animation-duration: .01ms !important; }
}
</style>
"""
