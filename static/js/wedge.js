// Reading a scanner that types. Calls `take(text)` once for each scan, whatever the scanner is set to:
//   · text ended by Enter, by Tab, or by Ctrl+M / Ctrl+J (how some scanners send CR and LF);
//   · a bare burst: at least 4 characters, faster than fingers, then silence;
//   · the GS1 separator U+001D, as the character itself or typed as Ctrl+].
// The field always has the focus; `inputmode="none"` keeps the keyboard away until the field is tapped.

const FINGER = 60;    // ms between two keys: slower than this is a person
const SILENCE = 150;  // ms after the last character of a bare burst
const SHORTEST = 4;   // a bare burst of fewer characters waits for Enter
const GS = "\u001d";

export function readWedge(field, take, words) {
  let keyboard = false;  // the person asked for the soft keyboard: only Enter sends
  let burst = { count: 0, clean: false, last: 0, timer: 0 };

  // The words in the empty field: what may be scanned now, or, when the focus is elsewhere, how to get it back.
  const showReady = () => {
    document.getElementById("scan-hint").textContent = document.activeElement === field ? field.placeholder : words.tap;
  };

  function send() {
    clearTimeout(burst.timer);
    const text = field.value;
    field.value = "";
    burst = { count: 0, clean: false, last: 0, timer: 0 };
    if (keyboard) { keyboard = false; field.inputMode = "none"; }
    if (text.trim()) take(text);
  }

  function grew(by, at) {
    const gap = at - burst.last;
    clearTimeout(burst.timer);
    if (gap > FINGER) burst = { ...burst, count: 0, clean: field.value.length === by };
    burst.count += by;
    burst.last = at;
    burst.timer = setTimeout(() => {
      if (!keyboard && burst.clean && burst.count >= SHORTEST && burst.count === field.value.length) send();
    }, SILENCE);
  }

  field.addEventListener("input", (event) => {
    if (event.isComposing) return;
    if (event.inputType === "insertFromPaste" || !event.data) { burst.clean = false; burst.last = 0; return; }  // a person edits
    grew(event.data.length, event.timeStamp);
  });

  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;  // Enter that ends an input method's word is not the scanner's
    const control = event.ctrlKey && !event.altKey && !event.metaKey;
    const ends = event.key === "Enter" || (event.key === "Tab" && !event.shiftKey && field.value) || (control && /^[mj]$/i.test(event.key));
    if (ends) {
      event.preventDefault();
      send();
    } else if (control && (event.key === "]" || event.key === GS || event.code === "BracketRight")) {
      event.preventDefault();
      const before = field.value.length;
      field.setRangeText(GS, field.selectionStart, field.selectionEnd, "end");
      grew(field.value.length - before || 1, event.timeStamp);
    }
  });

  // A key pressed while something else has the focus belongs to the scan. Space and Enter still press the button they are on.
  document.addEventListener("keydown", (event) => {
    if (event.target === field || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || event.key === " ") return;
    if (event.target.closest?.("input, textarea, select")) return;
    field.focus();  // the character itself lands in the field, because the key is still on its way
  }, true);

  const focus = () => field.focus({ preventScroll: true });
  document.addEventListener("focusout", () => setTimeout(() => {
    if (document.activeElement === document.body || !document.activeElement) focus();
  }));
  for (const event of ["focus", "blur"]) field.addEventListener(event, showReady);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) focus(); });
  window.addEventListener("focus", focus);

  // A tap on the field brings the keyboard; the next scan or Enter sends it away again.
  field.addEventListener("click", () => {
    if (keyboard) return;
    keyboard = true;
    field.inputMode = /^(quantity|weight)\b/.test(document.getElementById("screen").dataset.accepts) ? "numeric" : "text";
    field.blur();
    focus();
  });

  field.inputMode = "none";
  focus();
  showReady();
  return { focus, showReady };
}
