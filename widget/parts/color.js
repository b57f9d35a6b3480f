// The seller's colour, black or white on it, whichever can be read better, and whether its lines can be seen on paper.

function luminance([r, g, b]) {
  const linear = [r, g, b].map((value) => (value / 255 <= 0.04045 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

const PAPER = { light: 1, dark: 0.011 }; // luminance of --paper in style.js
const LINE = 3; // contrast a line or an outline needs (WCAG 2.2, 1.4.11)

const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

/** {accent, onAccent, rings: {light, dark}} of a CSS colour, a ring null where it could not be seen; null when it is none. */
export function accentOf(color) {
  if (!color || !CSS.supports("color", color)) return null;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const paint = canvas.getContext("2d", { willReadFrequently: true }); // in memory: one pixel is not worth the GPU
  paint.fillStyle = color;
  paint.fillRect(0, 0, 1, 1);
  const [r, g, b] = paint.getImageData(0, 0, 1, 1).data;
  const light = luminance([r, g, b]);
  const accent = `rgb(${r}, ${g}, ${b})`;
  const ring = (paper) => (contrast(light, paper) >= LINE ? accent : null);
  return {
    accent,
    onAccent: contrast(light, 1) >= contrast(light, 0) ? "#ffffff" : "#000000",
    rings: { light: ring(PAPER.light), dark: ring(PAPER.dark) },
  };
}
