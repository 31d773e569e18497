/** The page's small pictures, drawn as outlines in the colour of the text around them. */

const SVG = "http://www.w3.org/2000/svg";

/** Outlines on a square of 24 units. */
const PATHS = {
  hash: "M10 3 8 21M16 3l-2 18M4 8.500h17M3 15.500h17",
  lock: "M6 11h12v9H6zM8.500 11V7.500a3.500 3.500 0 0 1 7 0V11",
  adult: "M9 3 7 21M3 8.500h9M2.500 15.500h8M17 9.500l5 9.500H12zM17 13v2.500M17 17.400v.1",
  thread: "M5 4v9a4 4 0 0 0 4 4h10M15 13l4 4-4 4",
  at: "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM16 12v1.500a2.500 2.500 0 0 0 5 0V12a9 9 0 1 0-4 7.500",
  menu: "M4 6h16M4 12h16M4 18h16",
  people: "M12.500 8a3.500 3.500 0 1 1-7 0 3.500 3.500 0 0 1 7 0zM2.500 20c0-4 3-6 6.500-6s6.500 2 6.500 6M16 5a3 3 0 0 1 0 6M18 14.500c2.200.7 3.500 2.600 3.500 5.500",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500 21 21",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6 6 18",
  send: "M4 4l17 8-17 8 3-8zM7 12h8",
  eye: "M2 12s3.500-6.500 10-6.500S22 12 22 12s-3.500 6.500-10 6.500S2 12 2 12zM14.500 12a2.500 2.500 0 1 1-5 0 2.500 2.500 0 0 1 5 0z",
  right: "M9 5l7 7-7 7",
  left: "M15 5l-7 7 7 7",
  down: "M5 9l7 7 7-7",
  outside: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  file: "M6 2.500h8l4 4v15H6zM14 2.500v4h4",
  crown: "M3 18h18l1-11-6 4-4-7-4 7-6-4z",
  apps: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM17 13.500v7M13.500 17h7",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  trash: "M4 6.500h16M9.500 6V3.500h5V6M6 6.500 7 21h10l1-14.500M10 10.500v6M14 10.500v6",
  warning: "M12 3 1.500 21h21zM12 10v5M12 18v.1",
  zoom: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500 21 21M10.500 7.500v6M7.500 10.500h6",
};

/**
 * Build one of them; assistive technology never hears of it.
 *
 * @param {keyof typeof PATHS} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.append(path);
  return svg;
}
