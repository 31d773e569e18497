/** Puts the page together: who you are, where you are, and what arrives. */

import { displayName } from "./avatars.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Deeds } from "./deeds.js";
import { Drawer } from "./drawer.js";
import { Gate } from "./gate.js";
import { icon } from "./icons.js";
import { Log } from "./log.js";
import { Members } from "./members.js";
import { Menus } from "./menus.js";
import { EPHEMERAL, LOADING } from "./messages.js";
import { drawPeople } from "./people.js";
import { Places, sign } from "./places.js";
import { layoutText } from "./plain.js";
import { Reads } from "./reads.js";
import { Sight } from "./sight.js";
import { listenForTargets } from "./targets.js";

const part = (id) => document.getElementById(id);
const note = (...words) => log.note(...words);
const here = () => sight.channel(log.channelId);
const sight = new Sight();
const reads = new Reads();
const connection = new Connection({ told, status });
const deeds = new Deeds({ sight, connection, changed: (messageId) => log.put(messageId), note });
const log = new Log({ log: part("log"), jump: part("jump") }, { sight, deeds });
const composer = new Composer(part("composer"), {
  sight, connection, deeds, note, toMessages: () => log.focusLast() });
const drawer = new Drawer({ sidebar: part("sidebar"), toggle: part("drawer"), scrim: part("scrim"),
  room: document.querySelector(".room") });
const places = new Places({ rail: part("rail"), channels: part("channels") }, {
  sight, reads, enter: goTo, look: (channelId) => (drawer.isOpen ? enter(channelId) : goTo(channelId)) });
const members = new Members({ column: part("members"), toggle: part("members-toggle") }, sight);
const menus = new Menus({ sight, deeds, channelId: () => log.channelId });
const gate = new Gate(part("gate"), {
  passed: () => {
    enter(log.channelId);
    composer.focus();
  },
  left: () => goTo(sight.channels.find((channel) => !channel.is_nsfw)?.id ?? ""),
});

const LISTENERS = {
  snapshot: (change) => {
    const isOther = change.me !== sight.me;
    const channelId = log.channelId || place().channelId;
    sight.replace(change);
    reads.meet(sight);
    if (isOther) {
      deeds.forget();
      log.forget();
    }
    drawPeople(part("people"), { sight, become: (name) => connection.become(name) });
    enter(channelId, { isOther });
  },
  message: ({ message }) => {
    const before = sight.put(message);
    if (message.channel_id === log.channelId) {
      log.put(message.id);
      reads.read(sight, log.channelId);
      if (!before || before.flags & LOADING) announce(message);
    } else if (!before) {
      drawPlaces();
    }
  },
  message_delete: ({ channel_id: channelId, message_id: messageId }) => {
    sight.remove(channelId, messageId);
    if (channelId === log.channelId) log.remove(messageId);
    else drawPlaces();
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

/** Let a new message be heard; an edit is silent, except when it fills a placeholder. */
function announce(message) {
  const words = message.flags & LOADING ? "is thinking" : layoutText(message, sight.names) || "attachment";
  const secret = message.flags & EPHEMERAL ? " (only you can see this)" : "";
  part("heard").textContent = `${displayName(message.author)}: ${words}${secret}`;
}

/** Read from the address who to be and where: `#mia/1098765433355337758`. */
function place() {
  const [name, channelId] = location.hash.slice(1).split("/");
  return { name: name || "mia", channelId: channelId ?? "" };
}

/** Enter a channel because somebody asked for it. */
function goTo(channelId) {
  drawer.open(false);
  if (members.isOver) members.open(false);
  enter(channelId);
  composer.focus();
}

/** Show a channel; the first one when there is no such channel, or no longer. */
function enter(wanted, { isOther = false } = {}) {
  const channel = sight.channel(wanted) ?? sight.channels[0];
  const channelId = channel?.id ?? "";
  const isElsewhere = isOther || channelId !== log.channelId;
  const isClosed = gate.stands(channel, sight.me);
  for (const id of ["scroll", "composer"]) part(id).hidden = isClosed;
  const upTo = reads.upTo(sight, channelId);
  if (!isClosed) reads.read(sight, channelId);
  log.show(channelId, { newFrom: isElsewhere ? firstAfter(upTo, channelId) : null });
  drawTitle(channel);
  drawPlaces();
  members.draw(channel);
  if (isElsewhere) composer.enter(channelId);
  history.replaceState(null, "", `#${connection.name}/${channelId}`);
}

function firstAfter(messageId, channelId) {
  const some = [...sight.inChannel(channelId).values()];
  return some.find(({ id, author }) => BigInt(id) > BigInt(messageId) && author.id !== sight.me)?.id ?? null;
}

function drawTitle(channel) {
  const name = channel ? sight.nameOf(channel) : "";
  part("title").replaceChildren(...(channel ? [sign(channel, sight), name] : []));
  part("topic").textContent = channel?.topic ?? (channel?.is_nsfw ? "Age-restricted" : "");
}

/** Draw what can be gone to, and what is new there: in the tab's title too. */
function drawPlaces() {
  const channel = here();
  places.draw(log.channelId);
  const { count, mentions } = reads.total(sight, sight.channels);
  const name = channel ? `${channel.guild_id ? "#" : ""}${sight.nameOf(channel)} · ` : "";
  document.title = `${mentions > 0 ? `(${mentions}) ` : ""}${name}Atelier sandbox`;
  part("drawer").classList.toggle("unread", count > 0);
  part("drawer").setAttribute("aria-label", count > 0 ? "Channels, unread messages" : "Channels");
}

/** Links inside texts lead to channels and to commands. */
function follow({ target }) {
  const link = target.closest("[data-channel-link], [data-command]");
  if (link?.dataset.command) composer.begin(link.dataset.command);
  else if (sight.channel(link?.dataset.channelLink)) goTo(link.dataset.channelLink);
}

/** Escape closes what is on top; with nothing left it leads back to the newest message. */
function escape(event) {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (drawer.isOpen) drawer.open(false);
  else if (members.isOver) members.open(false);
  else log.toEnd();
}

part("drawer").append(icon("menu"));
part("inspector-toggle").prepend(icon("search"));
document.addEventListener("click", follow);
document.addEventListener("keydown", escape);
listenForTargets({
  message: (...words) => menus.message(...words),
  user: (...words) => menus.user(...words),
  profile: (...words) => menus.profile(...words),
});
connection.become(place().name);
