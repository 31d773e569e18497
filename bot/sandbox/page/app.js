/** Puts the page together: who you are, where you are, and what arrives. */

import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Deeds } from "./deeds.js";
import { make } from "./dom.js";
import { Log } from "./log.js";
import { Sight } from "./sight.js";

const part = (id) => document.getElementById(id);
const sight = new Sight();
const unread = new Set();
const connection = new Connection({ told, status });
const deeds = new Deeds({
  sight, connection, changed: (messageId) => log.put(messageId), note: (...words) => log.note(...words) });
const log = new Log(part("log"), { sight, deeds });
const composer = new Composer(part("composer"), {
  sight, connection, deeds, note: (...words) => log.note(...words) });

const LISTENERS = {
  snapshot: (change) => {
    const isOther = change.me !== sight.me;
    sight.replace(change);
    if (isOther) deeds.forget();
    drawPeople();
    enter(log.channelId || place().channelId, { isOther });
  },
  message: ({ message }) => {
    const isNew = sight.put(message);
    if (message.channel_id === log.channelId) log.put(message.id);
    else if (isNew) markUnread(message.channel_id);
  },
  message_delete: ({ channel_id: channelId, message_id: messageId }) => {
    sight.remove(channelId, messageId);
    if (channelId === log.channelId) log.remove(messageId);
  },
  interaction: ({ state, message_id: messageId, error }) => {
    if (state === "failed" && messageId) deeds.fail(messageId, error);
  },
};

function told(change) {
  LISTENERS[change.type]?.(change);
}

function status(isUp) {
  const line = part("status");
  line.hidden = isUp;
  line.textContent = isUp ? "" : "The sandbox cannot be reached. Trying again…";
}

/** Read from the address who to be and where: `#mia/1098765433355337758`. */
function place() {
  const [name, channelId] = location.hash.slice(1).split("/");
  return { name: name || "mia", channelId: channelId ?? "" };
}

/** Show a channel; the first one when there is no such channel, or no longer. */
function enter(wanted, { isOther = false } = {}) {
  const channelId = sight.channel(wanted)?.id ?? sight.channels[0]?.id ?? "";
  const isElsewhere = isOther || channelId !== log.channelId;
  unread.delete(channelId);
  drawChannels(channelId);
  drawTitle(sight.channel(channelId));
  log.show(channelId);
  if (isElsewhere) composer.enter(channelId);
  history.replaceState(null, "", `#${connection.name}/${channelId}`);
}

function drawTitle(channel) {
  part("title").textContent = channel?.name ? `# ${channel.name}` : "Direct message";
  part("topic").textContent = channel?.is_nsfw ? "Age-restricted" : channel?.topic ?? "";
  document.title = `${channel?.name ?? "Direct message"} · Atelier sandbox`;
}

function drawChannels(current) {
  const groups = sight.guilds.map(({ id, name }) =>
    [name, sight.channels.filter((channel) => channel.guild_id === id)]);
  groups.push(["Direct messages", sight.channels.filter((channel) => !channel.guild_id)]);
  part("channels").replaceChildren(...groups.filter(([, channels]) => channels.length > 0)
    .flatMap(([name, channels]) => [make("h2", {}, name),
      make("ul", {}, channels.map((channel) => make("li", {}, channelButton(channel, current))))]));
}

function channelButton(channel, current) {
  const kinds = [channel.parent_id && "thread", unread.has(channel.id) && "unread"].filter(Boolean);
  return make(["button.channel", ...kinds].join("."), {
    type: "button",
    "data-channel-id": channel.id,
    "aria-current": channel.id === current ? "page" : null,
    onclick: () => {
      openDrawer(false);
      enter(channel.id);
    },
  }, make("span.hash", { "aria-hidden": "true" }, channel.guild_id ? "#" : "@"),
  make("span", {}, channel.name ?? "Atelier"),
  channel.is_nsfw && make("span.adult", { title: "Age-restricted" }, "18+"),
  unread.has(channel.id) && make("span.unseen", {}, "(unread)"));
}

function markUnread(channelId) {
  unread.add(channelId);
  drawChannels(log.channelId);
}

function drawPeople() {
  const chosen = connection.name.toLowerCase();
  const options = sight.people.map(({ name, title }) => make("label.person", { title: `${name}, ${title}` },
    make("input", {
      type: "radio",
      name: "person",
      value: name.toLowerCase(),
      checked: name.toLowerCase() === chosen,
      onchange: () => connection.become(name.toLowerCase()),
    }),
    make("span.person-name", {}, name), make("small", {}, title)));
  const focused = part("people").contains(document.activeElement);
  part("people").replaceChildren(part("people").firstElementChild, ...options);
  if (focused) part("people").querySelector("input:checked")?.focus();
}

function openDrawer(isOpen) {
  part("channels").classList.toggle("open", isOpen);
  part("drawer").setAttribute("aria-expanded", String(isOpen));
}

part("drawer").addEventListener("click", () => {
  openDrawer(part("drawer").getAttribute("aria-expanded") !== "true");
});
document.addEventListener("keydown", (event) => event.key === "Escape" && openDrawer(false));
connection.become(place().name);
