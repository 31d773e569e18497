/** The line to the server: one socket that tells, and one route to act by. */

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 5000;

/** Keeps a socket open as one person; every act goes as that person. */
export class Connection {
  /**
   * @param {{ told: (change: any) => void, status: (isUp: boolean) => void }} listeners
   */
  constructor({ told, status }) {
    this.told = told;
    this.status = status;
    this.token = tokenOf(document);
    this.name = "";
    this.pause = FIRST_PAUSE_MS;
  }

  /** Be another person from now on. */
  become(name) {
    this.name = name;
    this.#open();
  }

  #open() {
    clearTimeout(this.timer);
    this.socket?.close();
    const query = new URLSearchParams({ as: this.name, token: this.token });
    const socket = new WebSocket(`ws://${location.host}/page/events?${query}`);
    this.socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.socket) return;
      this.pause = FIRST_PAUSE_MS;
      this.status(true);
      this.told(JSON.parse(data));
    });
    socket.addEventListener("close", () => socket === this.socket && this.#again());
  }

  /** Try again after a pause; a restarted server has a new token on its page. */
  #again() {
    this.status(false);
    this.timer = setTimeout(async () => {
      const answer = await fetch("/").catch(() => null);
      if (answer?.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        this.token = tokenOf(page);
      }
      this.#open();
    }, this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  /**
   * Do something as this person. Never throws: what went wrong is in the answer.
   *
   * @param {string} act
   * @param {Record<string, any>} details
   * @param {[string, File][]} [files] by the name each one is meant for
   * @returns {Promise<{ interaction?: any, choices?: any[], refused?: string, failed?: string }>}
   */
  async act(act, details, files = []) {
    const body = JSON.stringify({ act, as: this.name, ...details });
    const headers = { "X-Sandbox-Token": this.token };
    const request = { method: "POST", headers, body };
    if (files.length > 0) {
      request.body = new FormData();
      request.body.append("act", body);
      for (const [name, file] of files) request.body.append(`file.${name}`, file, file.name);
    } else {
      headers["Content-Type"] = "application/json";
    }
    try {
      const answer = await fetch("/page/act", request);
      return answer.ok ? await answer.json() : { failed: await answer.text() };
    } catch {
      return { failed: "The sandbox cannot be reached" };
    }
  }
}

/** @param {Document} page */
function tokenOf(page) {
  return page.querySelector("meta[name=sandbox-token]")?.content ?? "";
}
