// The widget's look, and how the seller's colour goes into it.

import { h } from "./dom.js";

const STYLE = `
:host { all: initial !important; }
.root {
  color-scheme: light dark;
  --accent: #0b6b50; --on-accent: #ffffff;
  --paper: #ffffff; --ink: #14211c; --soft: #52625b; --line: #d3ddd8; --theirs: #eef3f1; --ring: var(--ring-light, #0b6b50);
  --bad: #a3231b; --edge: 20px;
  position: fixed; inset: auto auto 0; z-index: 2147483000; margin: 0; border: 0; padding: 0; overflow: visible;
  background: none; color: var(--ink);
  font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
  text-align: start; -webkit-text-size-adjust: 100%;
}
.root:lang(zh-Hant) { font-family: system-ui, "PingFang TC", "Microsoft JhengHei", "Noto Sans CJK TC", "Noto Sans TC", sans-serif; }
.root.right { right: 0; }
.root.left { left: 0; }
@media (prefers-color-scheme: dark) {
  .root {
    --paper: #141d19; --ink: #e9f1ed; --soft: #a7b8b0; --line: #35443d; --theirs: #22302a; --ring: var(--ring-dark, #7fdcbf); --bad: #ff9d92;
  }
}
@media (prefers-contrast: more) {
  .root { --soft: var(--ink); --line: var(--ink); }
}
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
button, select, textarea { font: inherit; color: inherit; margin: 0; }
button { cursor: pointer; border: 0; background: none; padding: 0; }
button:disabled { cursor: default; }
svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; display: block; }
:focus-visible { outline: 3px solid var(--ring); outline-offset: 2px; }
p, ul { margin: 0; padding: 0; }

.launcher {
  position: absolute; inset-block-end: calc(var(--edge) + env(safe-area-inset-bottom, 0px));
  display: grid; place-items: center;
  width: 60px; height: 60px; border-radius: 50%;
  background: var(--accent); color: var(--on-accent);
  box-shadow: 0 2px 6px rgb(0 0 0 / .18), 0 8px 24px rgb(0 0 0 / .22); transition: transform .15s;
}
.launcher:hover { transform: scale(1.05); }
.right .launcher { right: var(--edge); }
.left .launcher { left: var(--edge); }
.launcher svg { width: 28px; height: 28px; }
.root:not(.open) .launcher svg:nth-of-type(2), .open .launcher svg:nth-of-type(1) { display: none; }
.badge {
  position: absolute; inset-block-start: -4px; inset-inline-end: -4px;
  min-width: 24px; padding: 0 6px; border-radius: 12px;
  background: #b3261e; color: #fff; font-size: 14px; line-height: 24px; font-weight: 600; text-align: center;
  box-shadow: 0 0 0 2px var(--paper);
}

.panel {
  position: absolute; inset-block-end: calc(var(--edge) + 72px);
  display: flex; flex-direction: column;
  width: 390px; height: min(680px, calc(100vh - 120px)); max-width: calc(100vw - 2 * var(--edge));
  overflow: hidden; border: 1px solid var(--line); border-radius: 18px;
  background: var(--paper); box-shadow: 0 4px 12px rgb(0 0 0 / .1), 0 20px 56px rgb(0 0 0 / .24);
  animation: rise .18s ease-out;
}
.right .panel { right: var(--edge); }
.left .panel { left: var(--edge); }
@keyframes rise { from { transform: translateY(12px); opacity: 0; } }
.head { display: flex; align-items: center; gap: 8px; padding: 12px 12px 12px 16px; background: var(--accent); color: var(--on-accent); }
.head :focus-visible { outline-color: currentColor; }
.titles { flex: 1; min-width: 0; }
h2 { margin: 0; font-size: 17px; line-height: 1.3; font-weight: 650; }
.state { font-size: 13px; line-height: 1.35; }
.language {
  position: relative; display: flex; align-items: center; gap: 6px; flex: none;
  min-height: 36px; padding: 0 11px 0 9px; border-radius: 18px; font-size: 14px;
}
.language::before { content: ""; position: absolute; inset: 0; border: 1px solid; border-radius: inherit; opacity: .55; pointer-events: none; }
.language svg { width: 17px; height: 17px; stroke-width: 1.7; }
.language select { position: absolute; inset: 0; width: 100%; opacity: 0; cursor: pointer; font-size: 16px; }
.language:has(:focus-visible) { outline: 3px solid; outline-offset: 2px; }
.language option { color: var(--ink); background: var(--paper); }
.round { display: grid; place-items: center; flex: none; width: 40px; height: 40px; border-radius: 50%; }
.round svg { stroke-width: 2.2; }
.head .round[aria-controls] svg { stroke-width: 3.5; }
.round:hover { background: rgb(127 127 127 / .2); }
.menu { display: flex; flex-direction: column; border-block-end: 1px solid var(--line); padding: 6px; }
.menu button { min-height: 44px; padding: 8px 12px; border-radius: 8px; text-align: start; }
.menu button:hover { background: var(--theirs); }
.menu [aria-checked]::before { content: "☐"; display: inline-block; width: 1.6em; }
.menu [aria-checked="true"]::before { content: "☑"; }

.log { position: relative; flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 16px 14px 8px; }
.log:focus-visible { outline-offset: -3px; }
.message { display: flex; flex-direction: column; align-items: flex-start; gap: 6px; margin-block-end: 12px; }
.message.joined { margin-block-end: 4px; }
.message.joined > .meta { display: none; }
.bubble {
  max-width: 86%; padding: 9px 13px; border-radius: 16px; border-end-start-radius: 4px;
  background: var(--theirs); white-space: pre-wrap; overflow-wrap: anywhere;
}
.bubble a { color: inherit; text-decoration: underline; text-underline-offset: 2px; }
.bubble .file {
  display: inline-block; margin-block: 6px 2px; padding: 6px 16px; border: 1.5px solid var(--ring); border-radius: 19px;
  background: var(--paper); color: var(--ink); text-decoration: none;
}
.file:not(.install)::before { content: "↓ "; }
.traveller { align-items: flex-end; }
.traveller .bubble {
  border-end-start-radius: 16px; border-end-end-radius: 4px; background: var(--accent); color: var(--on-accent);
}
.traveller.sending .bubble { opacity: .82; }
.traveller.failed .bubble { background: var(--paper); color: var(--ink); border: 2px dashed var(--bad); }
.system { align-items: center; text-align: center; }
.system .bubble { max-width: 94%; background: none; color: var(--soft); font-size: 14px; padding: 2px 8px; }
.system .choices { justify-content: center; }
.agent .bubble { border-inline-start: 3px solid var(--ring); }
.who { font-size: 13px; font-weight: 600; color: var(--soft); }
.meta { display: flex; flex-wrap: wrap; gap: 4px; font-size: 12px; color: var(--soft); }
.meta.problem { justify-content: flex-end; text-align: end; max-width: 86%; gap: 4px 12px; color: var(--bad); font-size: 14px; }
.retry { min-height: 32px; text-decoration: underline; font-weight: 600; }
.day { display: flex; align-items: center; gap: 10px; margin: 4px 0 12px; color: var(--soft); font-size: 12px; }
.day::before, .day::after { content: ""; flex: 1; border-block-start: 1px solid var(--line); }
.choices { display: flex; flex-wrap: wrap; gap: 8px; margin-block-start: 4px; }
.choices button {
  min-height: 42px; padding: 6px 15px; border: 1.5px solid var(--ring); border-radius: 21px;
  background: var(--paper); color: var(--ink); text-align: start; overflow-wrap: anywhere;
}
.choices button:hover { background: var(--theirs); }
.cards { list-style: none; display: grid; gap: 8px; width: 94%; }
.cards li {
  display: grid; grid-template-columns: 1fr auto; gap: 3px 12px;
  padding: 13px 15px; border: 1px solid var(--line); border-radius: 14px; box-shadow: 0 1px 3px rgb(0 0 0 / .06);
}
.cards strong { font-weight: 650; line-height: 1.35; }
.price { font-weight: 700; line-height: 1.35; white-space: nowrap; }
.facts, .why, .cards .choices, .buy { grid-column: 1 / -1; }
.buy {
  justify-self: start; margin-block-start: 6px; padding: 8px 18px; border-radius: 21px;
  background: var(--accent); color: var(--on-accent); text-decoration: none;
}
.facts, .why { color: var(--soft); font-size: 14px; }
.why::before { content: "✓ "; color: var(--ring); font-weight: 700; }
.rating {
  align-self: center; width: min(100%, 340px); margin-block-start: 8px; padding: 14px 14px 12px; text-align: center;
  border: 1px solid var(--line); border-radius: 16px;
}
.rating > p:first-child { font-weight: 600; }
.stars { display: flex; justify-content: center; }
.stars button { width: 46px; height: 46px; border-radius: 50%; font-size: 28px; line-height: 1; color: var(--soft); }
.stars button[aria-pressed="true"] { color: var(--ring); }
.more { display: grid; gap: 10px; margin-block-start: 8px; }
.more textarea { border-radius: 12px; }
.more button { justify-self: center; min-height: 42px; padding: 6px 18px; border: 1.5px solid var(--ring); border-radius: 21px; }
.rating .meta { justify-content: center; }
.picture { display: block; max-width: 86%; border: 1px solid var(--line); border-radius: 12px; overflow: hidden; background: #fff; cursor: zoom-in; }
.picture img { display: block; max-width: 100%; max-height: 260px; min-width: 48px; min-height: 48px; }
.earlier, .jump {
  display: block; margin: 0 auto 12px; padding: 6px 14px; min-height: 36px;
  border: 1px solid var(--line); border-radius: 18px; background: var(--paper); font-size: 14px;
}
.jump { position: sticky; inset-block-end: 4px; margin-block-end: 0; border-color: var(--ring); box-shadow: 0 2px 10px rgb(0 0 0 / .2); }
.typing { display: flex; align-items: center; gap: 8px; padding: 0 16px 6px; color: var(--soft); font-size: 13px; }
.dots { display: inline-flex; gap: 4px; }
.dots i { width: 7px; height: 7px; border-radius: 50%; background: currentColor; animation: blink 1.2s infinite; }
.dots i:nth-child(2) { animation-delay: .2s; }
.dots i:nth-child(3) { animation-delay: .4s; }
@keyframes blink { 0%, 60%, 100% { opacity: .25; } 30% { opacity: 1; } }
.notice { padding: 8px 16px; border-block-start: 1px solid var(--line); background: var(--theirs); font-size: 14px; }

form { display: flex; align-items: flex-end; gap: 4px; padding: 8px; border-block-start: 1px solid var(--line); }
.field { flex: 1; min-width: 0; }
textarea {
  display: block; width: 100%; min-height: 42px; max-height: 130px; padding: 8px 13px; resize: none;
  border: 1px solid var(--soft); border-radius: 20px; background: var(--paper); font-size: 16px; line-height: 1.5;
}
textarea:focus-visible { border-color: var(--ring); outline-width: 2px; outline-offset: -2px; }
textarea::placeholder { color: var(--soft); opacity: 1; }
.count { padding: 2px 12px 0; font-size: 12px; color: var(--soft); }
.count.over { color: var(--bad); font-weight: 600; }
.send { background: var(--accent); color: var(--on-accent); }
.send:hover { background: var(--accent); }
.send:disabled { background: none; color: var(--soft); }
.send svg:dir(rtl) { transform: scaleX(-1); }
.attached { display: flex; align-items: center; gap: 8px; padding: 8px 12px 0; }
.attached img { height: 56px; max-width: 120px; border-radius: 8px; border: 1px solid var(--line); object-fit: cover; }

dialog {
  max-width: min(92vw, 520px); max-height: 92vh; padding: 18px; border: 1px solid var(--line); border-radius: 16px;
  background: var(--paper); color: var(--ink);
}
dialog::backdrop { background: rgb(0 0 0 / .6); }
dialog img { display: block; max-width: 100%; max-height: 74vh; min-width: min(70vw, 260px); margin: 0 auto; background: #fff; image-rendering: auto; }
.buttons { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 8px; margin-block-start: 16px; }
.buttons > * {
  display: grid; align-items: center; min-height: 42px; padding: 6px 18px; border: 1.5px solid var(--soft); border-radius: 21px;
  color: inherit; text-decoration: none;
}
.buttons .danger { border-color: var(--bad); color: var(--bad); font-weight: 600; }

@media (max-width: 520px), (max-height: 480px) {
  .root { --edge: 14px; }
  .panel {
    position: fixed; inset: var(--top, 0px) 0 auto 0; width: 100%; max-width: none; height: var(--height, 100dvh);
    border: 0; border-radius: 0;
  }
  .open .launcher { display: none; }
  .head { padding-block-start: max(12px, env(safe-area-inset-top)); }
  .panel { padding-inline: env(safe-area-inset-left, 0px) env(safe-area-inset-right, 0px); }
  form { padding-block-end: max(8px, env(safe-area-inset-bottom)); }
}
@media (max-width: 379px) { .head { gap: 2px; padding-inline-end: 8px; } .language svg { display: none; } }
.page .panel {
  position: fixed; inset: var(--top, 0px) 0 auto 0; margin: 0 auto; width: 100%; max-width: 760px; height: var(--height, 100dvh);
  border-width: 0 1px; border-radius: 0; box-shadow: none; animation: none;
}
.page .launcher { display: none; }
@media (max-width: 520px) and (max-height: 420px) { .head { padding-block: 6px; } }
@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { animation: none !important; transition: none !important; }
}
@media (forced-colors: active) {
  .launcher, .panel, .bubble, .head, .send, .badge { border: 1px solid ButtonBorder; }
  .stars button[aria-pressed="true"] { forced-color-adjust: none; color: Highlight; }
  .dots i { background: CanvasText; }
}
@media print {
  .root {
    position: static; color-scheme: light;
    --paper: #ffffff; --ink: #000000; --soft: #444444; --line: #999999; --ring: #000000; color: var(--ink);
  }
  .launcher, form, .menu, .choices, .rating, .typing, .notice, .attached, .jump, .earlier, .language, .round { display: none !important; }
  .panel { position: static; width: auto; height: auto; max-width: none; overflow: visible; border: 0; box-shadow: none; animation: none; }
  .log { overflow: visible; }
  .message { break-inside: avoid; }
  .bubble { border: 1px solid #999; color: #000 !important; background: none !important; }
  .head { background: none; color: #000; }
}
`;

/** @param {number[]} rgb from 0 to 255 */
function luminance([r, g, b]) {
  const linear = [r, g, b].map((value) =>
    value / 255 <= 0.04045 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

const PAPER = { light: 1, dark: 0.011 }; // luminance of --paper above
const LINE = 3; // contrast a line or an outline needs (WCAG 2.2, 1.4.11)

/**
 * @param {number} a luminance
 * @param {number} b luminance
 */
const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

/**
 * The colours that go with a CSS colour, a ring null where it could not be seen; null when it is no colour.
 * @param {string | undefined} color
 */
export function accentOf(color) {
  if (!color || !CSS.supports("color", color)) return null;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const options = { willReadFrequently: true }; // in memory: one pixel is not worth the GPU
  const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", options));
  paint.fillStyle = color;
  paint.fillRect(0, 0, 1, 1);
  const [r, g, b] = paint.getImageData(0, 0, 1, 1).data;
  const light = luminance([r, g, b]);
  const accent = `rgb(${r}, ${g}, ${b})`;
  /** @param {number} paper luminance */
  const ring = (paper) => (contrast(light, paper) >= LINE ? accent : null);
  return {
    accent,
    onAccent: contrast(light, 1) >= contrast(light, 0) ? "#ffffff" : "#000000",
    rings: { light: ring(PAPER.light), dark: ring(PAPER.dark) },
  };
}

/**
 * Give the widget its look; as a constructed sheet also where the host page's policy forbids inline styles.
 * @param {ShadowRoot} shadow
 */
export function addStyle(shadow) {
  if ("adoptedStyleSheets" in Document.prototype) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
  } else shadow.append(h("style", {}, STYLE)); // Safari before 16.4
}

/**
 * Use the seller's colour; what is no colour changes nothing.
 * @param {HTMLElement} root
 * @param {string | undefined} color
 */
export function setAccent(root, color) {
  const colors = accentOf(color);
  if (!colors) return;
  root.style.setProperty("--accent", colors.accent);
  root.style.setProperty("--on-accent", colors.onAccent);
  for (const [scheme, ring] of Object.entries(colors.rings)) if (ring) root.style.setProperty(`--ring-${scheme}`, ring);
}
