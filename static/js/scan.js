// The scanner screen. Scans come from wedge.js, go out through queue.js in order, and the answer replaces the screen in place.
// Without this script the page still works: its forms post by themselves.
// A camera reader would be one more source that calls `queue.add(text)`.

import { readWedge } from "./wedge.js";
import { ScanQueue } from "./queue.js";
import { signal } from "./signals.js";

const words = document.getElementById("scan-words").dataset;
const screen = () => document.getElementById("screen");
const form = () => document.getElementById("scan");
const field = form().elements.scan;  // morphing keeps this very element, and with it the focus and a half-made scan

// A button is called by its words, never by the code it scans.
const labels = new Map();
const TWICE_WITHIN = 600;  // ms: the same button tapped again so soon, and nothing scanned between, was not meant twice
let tapped = { text: "", at: -TWICE_WITHIN };

function readable(text) {
  const button = [...screen().querySelectorAll("button[name=scan]")].find((one) => one.value === text);
  const unknown = text.startsWith("CMD:") ? words.command : text;
  return (labels.get(text) ?? button?.textContent.trim() ?? unknown).replaceAll("\u001d", "␝").slice(0, 40);
}

// One notice of our own, in the place and manner of the server's messages.
function note(tone, text, detail, link) {
  const box = document.getElementById("scan-note");
  box.dataset.tone = tone;
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  use.setAttribute("href", words.icons + (tone === "stop" ? "#ban" : link === null ? "#wifi-off" : "#alert-triangle"));
  icon.append(use);
  const line = (kind, content) => Object.assign(document.createElement("p"), { className: kind, textContent: content });
  box.replaceChildren(icon, line("text", text), line("detail", detail));
  if (link) box.append(Object.assign(document.createElement("a"), { className: "button", href: link, textContent: words.signIn }));
  box.hidden = false;
}

function badge(count, shown) {
  const mark = document.getElementById("scan-waiting");
  mark.hidden = !shown;
  mark.textContent = count;
}

const naming = (scans) => {
  const names = scans.slice(0, 3).map(readable).join(" · ");
  return scans.length > 3 ? `${names} … (${scans.length})` : names;
};

const floor = {
  version: () => form().elements.version.value,
  address: () => form().getAttribute("action"),

  // → {status, screen, away, signedOut}; status 0 is no answer at all
  async post(entry, abort) {
    const body = new URLSearchParams({ csrf_token: form().elements.csrf_token.value, scan: entry.scan, version: entry.version, key: entry.key });
    try {
      const response = await fetch(entry.to, {
        method: "POST", body, signal: abort, credentials: "same-origin",
        headers: { "HX-Request": "true", "HX-Target": "screen", "HX-Current-URL": location.href, "X-CSRF-Token": body.get("csrf_token") },
      });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.getElementById("screen");
      const target = response.headers.get("HX-Redirect") || (response.redirected ? response.url : "");
      const signedOut = target.includes("sign-in");
      return { status: response.status, screen: fresh, away: fresh || signedOut ? "" : target, signedOut };
    } catch {
      return { status: 0 };
    }
  },

  show(fresh, status) {
    Idiomorph.morph(screen(), fresh, {
      morphStyle: "outerHTML",
      ignoreActiveValue: true,
      callbacks: { beforeAttributeUpdated: (name, node) => !(node === field && name === "inputmode") },
    });
    delete document.body.dataset.network;
    if (this.address() !== location.pathname) history.replaceState(null, "", this.address());  // "work" handed over to another flow
    const tone = status === 409 ? "ask" : screen().dataset.tone;
    wedge.focus();
    wedge.showReady();
    signal(tone);
    // The same refusal twice looks like nothing happened; a blink tells them apart.
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
      screen().querySelector(".message:not([hidden])")?.animate([{ opacity: 0.2 }, { opacity: 1 }], 120);
    }
    return tone;
  },

  // How many are not answered yet: shown when there are several, or when one takes long enough to be noticed.
  counting(count) {
    const away = document.body.dataset.network;
    clearTimeout(this.slow);
    badge(count, count > 1 || (away && count));
    if (count === 1 && !away) this.slow = setTimeout(() => badge(count, true), 400);
    if (away && count) this.waiting(count);
  },

  waiting(count) {
    const first = !document.body.dataset.network;
    document.body.dataset.network = "waiting";
    badge(count, true);
    note("ask", words.waiting, words.waitingDetail.replace("{count}", count), null);
    if (first) signal("ask");
  },

  dropped(scans) {
    note("ask", words.dropped.replace("{scans}", naming(scans)), words.droppedDetail);
  },

  full(scans) {
    note("stop", words.full.replace("{scans}", naming(scans)), words.fullDetail);
    signal("stop");
  },

  failed(scans) {
    delete document.body.dataset.network;
    note("stop", words.failed, words.failedDetail.replace("{scans}", naming(scans)));
    signal("stop");
  },

  signedOut(scans) {
    delete document.body.dataset.network;
    note("stop", words.signedOut, words.signedOutDetail.replace("{scans}", naming(scans)), location.href);
    signal("stop");
  },

  leave(where, scans) {
    if (scans.length) signal("ask");
    location.assign(where);
  },
};

const queue = new ScanQueue(floor, document.body.dataset.person || "");
const wedge = readWedge(field, (text) => {
  tapped.text = "";
  document.getElementById("actions").open = false;
  queue.add(text);
}, words);

// Whatever would post by itself (the actions, a command, Enter on a soft keyboard) goes through the same line.
document.addEventListener("submit", (event) => {
  if (!event.target.closest("#screen")) return;
  event.preventDefault();
  const button = event.submitter?.value ? event.submitter : null;
  const text = button?.value || field.value;
  if (button) {
    const twice = tapped.text === text && event.timeStamp - tapped.at < TWICE_WITHIN;
    tapped = { text, at: event.timeStamp };
    if (twice) return;
    labels.set(text, button.textContent.trim());
  }
  field.value = "";
  document.getElementById("actions").open = false;
  wedge.focus();
  if (text.trim()) queue.add(text);
});

// The panel closes by Escape and by a tap beside it.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { document.getElementById("actions").open = false; wedge.focus(); }
});
document.addEventListener("click", (event) => {
  const actions = document.getElementById("actions");
  if (actions.open && !event.target.closest("#actions")) { actions.open = false; wedge.focus(); }
});

// The map is fetched when it is opened, and closes with the next scan: the fresh screen has it closed.
document.addEventListener("toggle", async (event) => {
  const map = event.target;
  if (map.id !== "map" || !map.open) return;
  wedge.focus();
  try {
    const response = await fetch(map.dataset.src, { credentials: "same-origin", headers: { "HX-Request": "true" } });
    if (!response.ok || response.redirected) return;
    const way = new DOMParser().parseFromString(await response.text(), "text/html").body;
    if (map.isConnected && map.open) map.querySelector(".way-ahead").replaceChildren(...way.childNodes);
  } catch { /* the link in it leads to the same as a page */ }
}, true);

// A screen brought back by the browser's history is an old one.
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

queue.resume();
