// Builds elements. Text is only ever set as text, never parsed; links and pictures go only where they may.

// addresses, and the phone numbers that support and emergency services write: +64 9 123 4567, 0800 123 456, dial 111
const LINK =
  /(https?:\/\/[^\s<>"'“”，。；！？（）、）\]]+[^\s<>"'“”，。；！？（）、）\].,;:!?)]|\+\d[\d -]{6,16}\d|\b0800[ -]?\d{3}[ -]?\d{3,4}\b|\b111\b(?! ?[KMGT]B))/;

const EMERGENCY = /(dial|call|trying|[拨撥打]) ?111/i; // elsewhere 111 is any number

const TOGETHER = /(\d) (?=[KMGT]B(?![a-z]))|(\S) (?=> )/gi; // no line ends within an amount of data or begins with ">"

const LONGEST = 48; // characters shown of an address; signed ones are much longer

/**
 * An element: `h("button", { type: "button", onclick }, "text", child)`. A property starting with "on" is a listener.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [properties]
 * @param {(Node | string | null | undefined)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) if (child !== null && child !== undefined) made.append(child);
  return made;
}

/**
 * The text as nodes, with its http and https addresses as links; a file of the desk itself is named `file`. Amounts of
 * data and the arrows of menu paths stay with what is before them when a line breaks.
 * @param {string} text
 * @param {string} [server] origin of the desk
 * @param {string} [file]
 * @param {string} [install] names the address that installs an eSIM on an iPhone
 * @returns {(Node | string)[]}
 */
export function linked(text, server, file, install) {
  return text.split(LINK).map((part) => {
    if (/^(\+\d|0800)/.test(part) || (part === "111" && EMERGENCY.test(text)))
      return h("a", { href: `tel:${part.replace(/[ -]/g, "")}` }, part);
    if (!/^https?:\/\//.test(part)) return part.replace(TOGETHER, "$1$2\u00a0");
    let url;
    try {
      url = new URL(part);
    } catch {
      return part;
    }
    const target = { href: url.href, title: url.href, target: "_blank", rel: "noopener noreferrer nofollow" };
    if (url.hostname === "esimsetup.apple.com") return h("a", { ...target, class: "file install" }, install);
    if (url.origin === server && url.pathname.startsWith("/media/")) return h("a", { ...target, class: "file" }, file);
    const shown = part.length > LONGEST ? `${part.replace(/^https?:\/\//, "").slice(0, LONGEST - 1)}…` : part;
    return h("a", target, shown);
  });
}

/**
 * The address a picture may be loaded from: inline, or from the desk itself; null for any other.
 * @param {string} image
 * @param {string} server origin of the desk
 */
export function pictureUrl(image, server) {
  if (/^data:image\/(png|jpeg|webp|gif|svg\+xml);base64,[A-Za-z0-9+/=]+$/.test(image)) return image;
  return /^\/media\/[\w.-]+$/.test(image) ? server + image : null;
}
