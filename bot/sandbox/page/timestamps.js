/** Points in time as Discord writes them: `<t:0:R>` in a text, and the hour beside a name. */

import { make } from "./dom.js";

const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
  s: { dateStyle: "short", timeStyle: "short" },
  S: { dateStyle: "short", timeStyle: "medium" },
};
const FULL = new Intl.DateTimeFormat("en-GB", STYLES.F);
const STEPS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3600],
  ["minute", 60], ["second", 1]];
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const FURTHEST_S = 8_640_000_000_000;
const DAY_MS = 86_400_000;

/**
 * Build a point in time in one of Discord's styles; style R keeps itself up to date.
 *
 * @param {number} seconds since 1970
 * @param {string} style
 */
export function timestamp(seconds, style) {
  if (Math.abs(seconds) > FURTHEST_S) return document.createTextNode("Invalid Date");
  const date = new Date(seconds * 1000);
  const text = style === "R" ? relative(seconds) : format(date, style);
  return make("time.timestamp", {
    datetime: date.toISOString(),
    title: FULL.format(date),
    "data-relative": style === "R" ? seconds : null,
  }, text);
}

/**
 * Build the hour of a message, with its day when that is not today.
 *
 * @param {string} written ISO 8601
 */
export function sentAt(written) {
  const date = new Date(written);
  return make("time.sent", { datetime: written, title: FULL.format(date) }, dayed(date));
}

/**
 * Build the bare hour of a message that stands under another's head.
 *
 * @param {string} written ISO 8601
 */
export function hourOf(written) {
  const date = new Date(written);
  return make("time.sent.gutter", { datetime: written, title: FULL.format(date) }, format(date, "t"));
}

/**
 * Write the day of a message in full.
 *
 * @param {string} written ISO 8601
 */
export function dayOf(written) {
  return format(new Date(written), "D");
}

function dayed(date) {
  const isOn = (day) => date.toDateString() === day.toDateString();
  if (isOn(new Date())) return format(date, "t");
  const isYesterday = isOn(new Date(Date.now() - DAY_MS));
  return isYesterday ? `Yesterday at ${format(date, "t")}` : format(date, "s");
}

function format(date, style) {
  return new Intl.DateTimeFormat("en-GB", STYLES[style] ?? STYLES.f).format(date);
}

function relative(seconds) {
  const distance = seconds - Date.now() / 1000;
  const [unit, length] = STEPS.find(([, step]) => Math.abs(distance) >= step) ?? ["second", 1];
  return RELATIVE.format(Math.round(distance / length), unit);
}

setInterval(() => {
  for (const shown of document.querySelectorAll("time[data-relative]")) {
    const text = relative(Number(shown.dataset.relative));
    if (shown.textContent !== text) shown.textContent = text;
  }
}, 1000);
