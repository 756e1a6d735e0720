// What the ears and the hand are told: one sound and one vibration for each tone, distinguishable with ears covered.
// Tones are made here (no files to load), at the volume set for this device: data-volume on <html> is off, low, (medium) or high.

const VOLUME = { off: 0, low: 0.12, "": 0.4, high: 1 };

//        [frequency Hz, start ms, length ms, wave]
const SOUNDS = {
  good: [[1760, 0, 80, "sine"]],
  ask: [[660, 0, 110, "sine"], [990, 150, 110, "sine"]],
  stop: [[140, 0, 300, "square"]],
};
const PULSES = { good: [60], ask: [60, 80, 60], stop: [350, 150, 350] };

let audio = null;

// Browsers let a page make sound only after a key or a touch; the first scan is one.
function wake() {
  const Audio = window.AudioContext || window.webkitAudioContext;
  if (!Audio) return;
  audio ??= new Audio();
  if (audio.state === "suspended") audio.resume().catch(() => {});
}
for (const event of ["keydown", "pointerdown"]) document.addEventListener(event, wake, { capture: true, passive: true });

function play(tone) {
  const volume = VOLUME[document.documentElement.dataset.volume || ""] ?? VOLUME[""];
  if (!audio || audio.state !== "running" || !volume) return;
  for (const [frequency, start, length, wave] of SOUNDS[tone]) {
    const at = audio.currentTime + start / 1000;
    const voice = audio.createOscillator();
    const gain = audio.createGain();
    voice.type = wave;
    voice.frequency.value = frequency;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(volume * (wave === "square" ? 0.5 : 1), at + 0.005);  // no click at either end
    gain.gain.setValueAtTime(volume * (wave === "square" ? 0.5 : 1), at + length / 1000 - 0.015);
    gain.gain.linearRampToValueAtTime(0, at + length / 1000);
    voice.connect(gain).connect(audio.destination);
    voice.start(at);
    voice.stop(at + length / 1000);
  }
}

// Good, ask and stop are told; calm is quiet.
export function signal(tone) {
  if (!SOUNDS[tone]) return;
  play(tone);
  if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(PULSES[tone]);  // a page nobody has touched may not
}

// Somebody who changes the volume wants to hear it.
document.addEventListener("preference", (event) => { if (event.detail === "volume") { wake(); setTimeout(() => signal("good"), 30); } });
