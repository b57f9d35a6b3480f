// Builds elements. Text is only ever set as text, never parsed; links and pictures go only where they may.

const LINK = /(https?:\/\/[^\s<>"'“”，。；！？（）、）\]]+[^\s<>"'“”，。；！？（）、）\].,;:!?)])/;

const LONGEST = 48; // characters shown of an address; signed ones are much longer

/** An element: `h("button", { type: "button", onclick }, "text", child)`. A property starting with "on" is a listener. */
export function h(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** An outline icon of 24 units from SVG path data. */
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** The text as nodes, with its http and https addresses as links; a file of the desk itself is named `file`. */
export function linked(text, server, file) {
  return text.split(LINK).map((part) => {
    if (!/^https?:\/\//.test(part)) return part;
    let url;
    try {
      url = new URL(part);
    } catch {
      return part;
    }
    const target = { href: url.href, title: url.href, target: "_blank", rel: "noopener noreferrer nofollow" };
    if (url.origin === server && url.pathname.startsWith("/media/")) return h("a", { ...target, class: "file" }, file);
    const shown = part.length > LONGEST ? `${part.replace(/^https?:\/\//, "").slice(0, LONGEST - 1)}…` : part;
    return h("a", target, shown);
  });
}

/** The address a picture may be loaded from: inline, or from the desk itself; null for any other. */
export function pictureUrl(image, server) {
  if (/^data:image\/(png|jpeg|webp|gif|svg\+xml);base64,[A-Za-z0-9+/=]+$/.test(image)) return image;
  return /^\/media\/[\w.-]+$/.test(image) ? server + image : null;
}
