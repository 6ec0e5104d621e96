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
.stMainBlockContainer { max-width: 84rem; padding-top: 1rem; padding-bottom: 4rem; }
.st-key-menu { border-bottom: 1px solid var(--rq-line); padding-bottom: .4rem; margin-bottom: .5rem; }
.stMainBlockContainer h1 { font-size: 2rem; padding: 0 0 .3rem; letter-spacing: -.01em; }
.stMainBlockContainer h2 { font-size: 1.15rem; padding: .4rem 0 .2rem; }
.rq-lead, .rq-quiet { color: var(--rq-quiet); margin: 0; }
.rq-lead { font-size: 1.05rem; }
.rq-quiet { font-size: .875rem; }
.rq-h { font-size: 1.05rem; font-weight: 600; margin: .25rem 0 .1rem; padding: 0; line-height: 1.4; }

/* Answer */
.rq-answer { border-left: 4px solid var(--rq-accent); padding: .1rem 0 .1rem 1rem; margin: 0; }
.rq-answer p, .rq-answer li { font-size: 1.1rem; line-height: 1.6; margin: 0 0 .45rem;
  overflow-wrap: anywhere; }
.rq-answer ul { margin: 0; padding-left: 1.15rem; }
.rq-asked { font-weight: 600; margin: 0 0 .5rem; overflow-wrap: anywhere; }
a.rq-n, .rq-n { display: inline-block; min-width: 1.5em; padding: 0 .3em; margin-left: .15em;
  border: 1px solid var(--rq-accent); border-radius: .35rem; font-size: .8em; line-height: 1.45;
  text-align: center; text-decoration: none; color: var(--rq-accent); font-weight: 600; }
a.rq-n:hover { background: var(--rq-soft); text-decoration: underline; }

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
.rq-table-box { overflow-x: auto; }
.rq-table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.rq-table caption { text-align: left; color: var(--rq-quiet); font-size: .875rem; padding: 0 0 .4rem; }
.rq-table th, .rq-table td { text-align: left; vertical-align: top; padding: .6rem 0 .6rem 1.25rem;
  border-bottom: 1px solid var(--rq-line); overflow-wrap: anywhere; font-weight: 400; }
.rq-table thead th { font-size: .875rem; font-weight: 600; overflow-wrap: normal; }
.rq-table .rq-number { text-align: right; white-space: nowrap; }
.rq-table tr > :first-child { padding-left: 0; }
.rq-table tbody th { font-weight: 600; min-width: 9rem; }
.rq-table small { display: block; color: var(--rq-quiet); font-weight: 400; font-size: .8125rem; }
.rq-list.rq-list { list-style: none; margin: 0; padding: 0; }
.rq-list.rq-list li { margin: 0; padding: .6rem 0; font-size: 1rem; border-top: 1px solid var(--rq-line);
  overflow-wrap: anywhere; }
.rq-list small { display: block; color: var(--rq-quiet); font-size: .8125rem; }

/* Picture of a page */
.rq-scroll { overflow: auto; border: 1px solid var(--rq-line); border-radius: .4rem;
  background: #fff; max-height: calc(100vh - 15rem); min-height: 16rem; }
.rq-picture { position: relative; width: 100%; }
.rq-picture.rq-large { width: 180%; }
.rq-picture img { display: block; width: 100%; height: auto; }
.rq-target { position: absolute; left: 0; width: 1px; height: 8rem; scroll-margin-top: 12rem;
  scroll-initial-target: nearest; }
.rq-hint { border: 1px dashed var(--rq-line); border-radius: .4rem; padding: 3rem 2rem;
  text-align: center; color: var(--rq-quiet); }
.rq-aside { border-left: 1px solid var(--rq-line); padding-left: 1.5rem; }

/* Focus is seen on everything that can have it */
.stApp :is(a, button, input, textarea, summary, [tabindex="0"]):focus-visible {
  outline: 3px solid var(--rq-accent) !important; outline-offset: 2px; box-shadow: none !important; }

@media (min-width: 641px) {
  .stColumn:has(> div > .st-key-page-panel), .stColumn:has(.st-key-page-panel) { align-self: stretch; }
  .st-key-page-panel { position: sticky; top: 1rem; }
}
@media (max-width: 640px) {
  .stMainBlockContainer { padding: .75rem 1rem 3rem; }
  .stMainBlockContainer h1 { font-size: 1.6rem; }
  .rq-hint { display: none; }
  .rq-aside { border-left: 0; padding-left: 0; }
  .st-key-page-panel { position: fixed; z-index: 90; inset: auto 0 0 0; width: 100%; height: 82vh;
    overflow: auto; padding: 1rem; background: var(--rq-ground); border-top: 1px solid var(--rq-line);
    box-shadow: 0 -8px 24px rgb(0 0 0 / 25%); }
  .rq-scroll { max-height: none; }
  .rq-table th, .rq-table td { padding-left: .6rem; }
}
@media (prefers-reduced-motion: reduce) {
  .stApp * { transition: none !important; animation-duration: .01ms !important; }
}
</style>
"""
