/** The inspector beside the channel: the bot's requests, its rows, and buttons that make trouble. */

import { make } from "./dom.js";
import { icon } from "./icons.js";

const KEPT_EXCHANGES = 300;
const PAUSE_MS = 1000;
const REQUESTS = "requests";
const TABLES = { jobs: "Jobs", attempts: "Attempts", ledger_entries: "Ledger", purses: "Purses" };
const BOT_WORDS = { online: "Bot online", connecting: "Bot connecting…", restarting: "Bot restarting…" };
const TROUBLES = { drop: "Drop the gateway", leap: "Let 15 minutes pass", restart: "Restart the bot",
  kill: "Kill the bot" };
const OF_THE_CHILD = ["restart", "kill"];
const PROVIDER = ["well", "slow", "busy", "down", "moderated"];
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const isPhone = matchMedia("(max-width: 720px)");

/** Listens while it is open, and only then: the server reads no rows for a closed one. */
class Inspector {
  /** @param {{ element: HTMLElement, toggle: HTMLButtonElement, room: HTMLElement }} parts */
  constructor({ element, toggle, room }) {
    Object.assign(this, { element, toggle, room, socket: null, isBusy: false });
    this.token = tokenOf(document);
    this.requests = new Requests();
    this.tables = new Map(Object.entries(TABLES).map(([name, label]) => [name, tablePanel(name, label)]));
    this.trouble = this.#buildTrouble();
    element.append(this.#buildHead(), this.trouble, ...this.#buildTabs());
    toggle.addEventListener("click", () => this.open(element.hidden));
    isPhone.addEventListener("change", () => this.#coverRoom());
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      this.open(false);
    });
  }

  /** @param {boolean} isOpen */
  open(isOpen) {
    this.element.hidden = !isOpen;
    this.toggle.setAttribute("aria-expanded", String(isOpen));
    this.#coverRoom();
    if (isOpen) this.#listen();
    else this.#hangUp();
    (isOpen ? this.close : this.toggle).focus({ preventScroll: true });
  }

  /** On a phone it lies over everything, which then must not be reached by Tab either. */
  #coverRoom() {
    this.room.inert = isPhone.matches && !this.element.hidden;
  }

  #listen() {
    this.#hangUp();
    const query = new URLSearchParams({ token: this.token });
    const socket = new WebSocket(`ws://${location.host}/page/inspector?${query}`);
    this.socket = socket;
    socket.addEventListener("open", () => this.requests.clear());
    socket.addEventListener("message", ({ data }) => socket === this.socket && this.#told(JSON.parse(data)));
    socket.addEventListener("close", () => socket === this.socket && this.#again());
  }

  #hangUp() {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    socket?.close();
  }

  /** Try again after a pause; a restarted sandbox has a new token on its page. */
  #again() {
    this.#showBot("gone", "The sandbox cannot be reached");
    this.timer = setTimeout(async () => {
      const answer = await fetch("/").catch(() => null);
      if (answer?.ok) this.token = tokenOf(new DOMParser().parseFromString(await answer.text(), "text/html"));
      if (!this.element.hidden) this.#listen();
    }, PAUSE_MS);
  }

  #told({ type, ...news }) {
    if (type === "exchanges") this.requests.add(news.exchanges);
    else if (type === "state") this.#showState(news);
    else if (type === "rows") for (const table of news.tables) fillTable(this.tables.get(table.name), table);
  }

  #showState({ bot, has_child: hasChild, provider, ahead_s: aheadS }) {
    this.#showBot(bot, BOT_WORDS[bot]);
    for (const kind of OF_THE_CHILD) this.trouble.querySelector(`[data-trouble=${kind}]`).hidden = !hasChild;
    const radio = provider && this.trouble.querySelector(`input[value=${provider}]`);
    this.trouble.querySelector("fieldset").hidden = !radio;
    if (radio) radio.checked = true;
    const minutes = Math.round(aheadS / 60);
    this.ahead.textContent = minutes ? `Discord's clock is ${minutes} minutes ahead.` : "";
  }

  #showBot(state, words) {
    this.bot.dataset.state = state;
    this.bot.textContent = words;
  }

  #buildHead() {
    this.bot = make("span.bot-state", { role: "status" });
    this.close = make("button.tool", { type: "button", "aria-label": "Close the inspector",
      onclick: () => this.open(false) }, icon("close"));
    return make("header.inspector-head", {}, make("h2", {}, "Inspector"), this.bot, this.close);
  }

  #buildTrouble() {
    this.outcome = make("p.outcome", { role: "status" });
    this.ahead = make("p.ahead");
    const buttons = Object.entries(TROUBLES).map(([kind, label]) => make("button.button.secondary", {
      type: "button", "data-trouble": kind, onclick: () => this.#make(kind, `${label}…`) }, label));
    const choices = PROVIDER.map((kind) => make("label.provider-choice", {},
      make("input", { type: "radio", name: "provider-trouble", value: kind,
        onchange: () => this.#make(kind, `Provider: ${kind}…`) }), make("span", {}, kind)));
    return make("section.trouble", { "aria-label": "Trouble" },
      make("div.trouble-buttons", {}, buttons),
      make("fieldset.provider", { hidden: true }, make("legend", {}, "The provider is"), choices),
      this.outcome, this.ahead);
  }

  async #make(kind, meanwhile) {
    if (this.isBusy) return;
    this.isBusy = true;
    this.trouble.setAttribute("aria-busy", "true");
    this.outcome.textContent = meanwhile;
    const { done, refused } = await this.#post(kind);
    this.outcome.textContent = done ?? refused;
    this.trouble.removeAttribute("aria-busy");
    this.isBusy = false;
  }

  async #post(trouble) {
    const headers = { "X-Sandbox-Token": this.token, "Content-Type": "application/json" };
    try {
      const answer = await fetch("/page/trouble", { method: "POST", headers, body: JSON.stringify({ trouble }) });
      return answer.ok ? await answer.json() : { refused: await answer.text() };
    } catch {
      return { refused: "The sandbox cannot be reached" };
    }
  }

  #buildTabs() {
    const panels = [[REQUESTS, "Requests", this.requests.element],
      ...[...this.tables].map(([name, panel]) => [name, TABLES[name], panel])];
    const list = make("div.inspector-tabs", { role: "tablist", "aria-label": "What to inspect" },
      panels.map(([name, label]) => make("button.inspector-tab", { type: "button", role: "tab",
        id: `tab-${name}`, "aria-controls": `panel-${name}`, onclick: () => choose(name) }, label)));
    const choose = (chosen) => {
      for (const [name, , panel] of panels) {
        const tab = list.querySelector(`#tab-${name}`);
        tab.setAttribute("aria-selected", String(name === chosen));
        tab.tabIndex = name === chosen ? 0 : -1;
        panel.hidden = name !== chosen;
      }
    };
    list.addEventListener("keydown", (event) => walkTabs(event, list));
    choose(REQUESTS);
    return [list, ...panels.map(([, , panel]) => panel)];
  }
}

/** The requests, newest first; what does not pass the filter is hidden, not forgotten. */
class Requests {
  constructor() {
    this.words = make("input", { type: "search", placeholder: "Filter", "aria-label": "Filter requests",
      oninput: () => this.#filter() });
    this.failures = make("input", { type: "checkbox", onchange: () => this.#filter() });
    this.count = make("p.count", { role: "status" });
    this.list = make("ol.exchanges");
    this.element = make("div.inspector-panel", panel(REQUESTS),
      make("div.exchange-filter", {}, this.words, make("label", {}, this.failures, "Only failures")),
      this.count, this.list);
    this.clear();
  }

  clear() {
    this.list.replaceChildren();
    this.#filter();
  }

  add(exchanges) {
    this.list.prepend(...exchanges.map(exchangeItem).reverse());
    while (this.list.childElementCount > KEPT_EXCHANGES) this.list.lastElementChild.remove();
    this.#filter();
  }

  #filter() {
    const words = this.words.value.trim().toLowerCase();
    let shown = 0;
    for (const item of this.list.children) {
      const isFailure = "failed" in item.dataset || !this.failures.checked;
      item.hidden = !isFailure || !item.searched.includes(words);
      shown += !item.hidden;
    }
    const all = this.list.childElementCount;
    this.count.textContent = all === 0 ? "The bot has asked nothing yet."
      : `${shown} of ${all} requests`;
  }
}

function exchangeItem(exchange) {
  const { at, method, path, status, elapsed_ms: elapsedMs, refusal, body, errors } = exchange;
  const isFailed = status === 0 || status >= 400;
  const details = make("details", {}, make("summary", {},
    make("span.exchange-status", {}, status || "none"), make("span.exchange-method", {}, method),
    make("span.exchange-path", {}, path),
    make("span.exchange-when", {}, `${CLOCK.format(at * 1000)} · ${elapsedMs} ms`),
    refusal && make("span.exchange-refusal", {}, refusal)));
  // 300 bodies are built when they are looked at, not before.
  details.addEventListener("toggle", () => details.append(...exchangeParts(exchange)), { once: true });
  const item = make("li", { "data-failed": isFailed }, details);
  item.searched = [method, path, status, refusal, body, errors].join("\n").toLowerCase();
  return item;
}

function exchangeParts({ body, errors, files, limit }) {
  const parts = [];
  if (errors) parts.push(code("What is wrong in it", errors));
  if (files.length > 0) parts.push(make("p.fact", {}, `Files: ${files.join(", ")}`));
  if (limit) {
    const until = `${limit.remaining} of ${limit.limit} left, all again in ${limit["reset-after"]} s`;
    parts.push(make("p.fact", {}, `Rate limit: ${until} (bucket ${limit.bucket})`));
  }
  parts.push(body ? code("Body", body) : make("p.fact", {}, "No body"));
  return parts;
}

function code(label, text) {
  return make("figure", {}, make("figcaption", {}, label),
    make("pre", { tabindex: "0", role: "region", "aria-label": label }, text));
}

function panel(name) {
  return { id: `panel-${name}`, role: "tabpanel", "aria-labelledby": `tab-${name}`, tabindex: "0" };
}

function tablePanel(name, label) {
  return make("div.inspector-panel", panel(name), make("p.count", {}, "…"),
    make("table", { "aria-label": label }, make("thead"), make("tbody")));
}

function fillTable(element, { columns, rows, note }) {
  element.querySelector(".count").textContent = note || `${rows.length} ${rows.length === 1 ? "row" : "rows"}, newest first`;
  element.querySelector("table").hidden = rows.length === 0;
  element.querySelector("thead").replaceChildren(
    make("tr", {}, columns.map((column) => make("th", { scope: "col" }, column))));
  element.querySelector("tbody").replaceChildren(...rows.map((row) =>
    make("tr", {}, row.map((value, index) =>
      make("td", { "data-column": columns[index], "data-value": value }, value ?? "–")))));
}

function walkTabs(event, list) {
  const steps = { ArrowRight: 1, ArrowLeft: -1 };
  if (!(event.key in steps)) return;
  const tabs = [...list.children];
  const next = tabs.at((tabs.indexOf(event.target) + steps[event.key]) % tabs.length);
  event.preventDefault();
  next.focus();
  next.click();
}

function tokenOf(page) {
  return page.querySelector("meta[name=sandbox-token]")?.content ?? "";
}

new Inspector({
  element: document.getElementById("inspector"),
  toggle: document.getElementById("inspector-toggle"),
  room: document.querySelector(".room"),
});
