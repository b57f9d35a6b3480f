// The seller's colour, and black or white on it, whichever can be read better.

function luminance([r, g, b]) {
  const linear = [r, g, b].map((value) => (value / 255 <= 0.04045 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

/** {accent, onAccent} of a CSS colour; null when it is none. */
export function accentOf(color) {
  if (!color || !CSS.supports("color", color)) return null;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const paint = canvas.getContext("2d");
  paint.fillStyle = color;
  paint.fillRect(0, 0, 1, 1);
  const [r, g, b] = paint.getImageData(0, 0, 1, 1).data;
  const light = luminance([r, g, b]);
  return { accent: `rgb(${r}, ${g}, ${b})`, onAccent: 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? "#ffffff" : "#000000" };
}
