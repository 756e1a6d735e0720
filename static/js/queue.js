// Sending scans so that none is lost and none acts twice, and none acts on a screen its person had not seen.
//
// Scans wait in one line, first in first out; one is in flight at a time.
//   · A scan gets its key when it is made and its version when it is first sent: the version of the screen answered before it.
//   · No answer (network gone, time over, 429, 502, 503, 504): the same scan is sent again with the SAME key and version, for as
//     long as it takes; the server acts once per key and answers the same. Scans made meanwhile are kept behind it.
//   · 500: twice more, then given up aloud. 409 without a screen means "still being worked on": asked again, for some seconds.
//   · The answer is a refusal (stop), a question (ask) or somebody else's screen (409): what is still waiting was meant for another
//     screen, so it is dropped and named on the screen. A queued repeat must never confirm a question nobody has read.
//   · The line is kept in sessionStorage, so a reload in the middle sends the rest with the keys they already have.

const LONGEST = 30;            // more waiting scans than this are refused aloud
const ANSWER_WITHIN = 10_000;  // ms
const KEEP = 10 * 60_000;      // ms a line survives a reload
const PAUSES = [500, 1000, 2000, 4000, 5000];

const wait = (ms) => new Promise((done) => { setTimeout(done, ms); window.addEventListener("online", done, { once: true }); });

// randomUUID exists on https and localhost only; the floor may well run over plain http.
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// `floor` is what the queue tells and asks: see scan.js.
export class ScanQueue {
  constructor(floor, owner) {
    this.floor = floor;
    this.store = "wms.scans." + owner;
    this.line = [];
    this.busy = false;
  }

  add(scan) {
    if (this.line.length >= LONGEST) return this.floor.full([scan]);
    this.line.push({ scan, key: newKey(), version: null, to: this.floor.address(), at: Date.now() });
    this.keep();
    this.run();
  }

  // After a reload: the rest of the line, or its names when it is too old, or was made in another job.
  resume() {
    let kept = [];
    try { kept = JSON.parse(sessionStorage.getItem(this.store) || "[]"); } catch { /* nothing kept */ }
    if (!kept.length) return;
    if (Date.now() - kept[0].at > KEEP || kept[0].to !== this.floor.address()) { this.keep(); return this.floor.dropped(kept.map((k) => k.scan)); }
    this.line = kept;
    this.run();
  }

  keep() {
    try { sessionStorage.setItem(this.store, JSON.stringify(this.line)); } catch { /* full or forbidden: the line still lives in memory */ }
    this.floor.counting(this.line.length);
  }

  drop() {
    const scans = this.line.map((entry) => entry.scan);
    this.line = [];
    this.keep();
    return scans;
  }

  async run() {
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.line.length) await this.send(this.line[0]);
    } finally {
      this.busy = false;
    }
  }

  async send(entry) {
    if (entry.version === null) Object.assign(entry, { version: this.floor.version(), to: this.floor.address() });
    this.keep();
    for (let attempt = 0, errors = 0; ; attempt++) {
      const answer = await this.floor.post(entry, AbortSignal.timeout ? AbortSignal.timeout(ANSWER_WITHIN) : undefined);
      const { status } = answer;
      if (status === 0 || [429, 502, 503, 504].includes(status)) {
        this.floor.waiting(this.line.length);
        await wait(PAUSES[Math.min(attempt, PAUSES.length - 1)]);
        continue;
      }
      if (!answer.screen && ((status === 500 && errors < 2) || (status === 409 && errors < 8))) { await wait(PAUSES[Math.min(errors++, 2)]); continue; }

      if (answer.away) { this.line.shift(); this.keep(); return this.floor.leave(answer.away, this.drop()); }
      if (!answer.screen && (status === 401 || status === 403 || answer.signedOut)) return this.floor.signedOut(this.drop());
      if (!answer.screen) return this.floor.failed(this.drop());

      this.line.shift();
      const tone = this.floor.show(answer.screen, status);
      const late = status === 409 ? [entry.scan] : [];
      const rest = tone === "stop" || tone === "ask" || status === 409 ? this.drop() : [];
      this.keep();
      if (late.length + rest.length) this.floor.dropped([...late, ...rest]);
      return undefined;
    }
  }
}
