// A signature drawn with a finger, a pen or a mouse: strokes as a plain path ("M10 20L30 40…" in a field of 600 × 200), in a hidden
// field of the form. Without this script the field stays empty, and a photo of the signed paper takes its place.
//   <div data-signature hidden><canvas width="600" height="200"></canvas><button type="button" data-clear>…</button></div>
//   <input type="hidden" name="signature">
const WIDE = 600, TALL = 200, MOST = 22_000, NEAR = 3;

for (const box of document.querySelectorAll("[data-signature]")) {
  const canvas = box.querySelector("canvas"), field = box.parentElement.querySelector("input[name=signature]");
  const pen = canvas.getContext("2d");
  let strokes = [], now = null;

  const written = () => strokes.map((points) => "M" + points.map(([x, y]) => `${x} ${y}`).join("L")).join("");
  const read = (path) => (path.match(/M[^M]*/g) ?? []).map((one) => one.slice(1).split("L").map((point) => point.split(" ").map(Number)));

  function show() {
    const sharp = window.devicePixelRatio || 1;
    canvas.width = WIDE * sharp;
    canvas.height = TALL * sharp;
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    Object.assign(pen, { lineWidth: 4, lineCap: "round", lineJoin: "round", strokeStyle: "#10151c" });
    for (const points of strokes) {
      pen.beginPath();
      pen.moveTo(...points[0]);
      for (const point of points.length > 1 ? points.slice(1) : points) pen.lineTo(...point);
      pen.stroke();
    }
    box.dataset.drawn = strokes.length ? "yes" : "";
  }

  const keep = () => { field.value = written(); };

  function at(event) {
    const area = canvas.getBoundingClientRect();
    const on = (value, from, size, most) => Math.max(0, Math.min(most, Math.round(((value - from) / size) * most)));
    return [on(event.clientX, area.left, area.width, WIDE), on(event.clientY, area.top, area.height, TALL)];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0 || written().length > MOST) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    now = [at(event)];
    strokes.push(now);
    show();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!now) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) {
      const [x, y] = at(one), [a, b] = now[now.length - 1];
      if (Math.abs(x - a) + Math.abs(y - b) >= NEAR && now.length < 2_000) now.push([x, y]);
    }
    show();
  });
  const lift = () => { if (now) { now = null; keep(); } };
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(name, lift);

  box.querySelector("[data-clear]").addEventListener("click", () => { strokes = []; keep(); show(); });

  strokes = read(field.value);
  box.hidden = false;
  show();
}
