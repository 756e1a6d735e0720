// What a person types into a longer form. Every form works without it, except that Enter sends it at once.

// In rows of fields Enter goes on to the next field, because a scanner ends with it what it reads; only the buttons send.
// Behind the last field comes a new row. The lines of a printed sheet are as many as they are: there Enter goes from number to number, a
// line's own product and lot lead on within it, and behind the last number comes the button.
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || !field.matches("[data-rows] input")) return;
  event.preventDefault();
  const rows = field.closest("[data-rows]");
  if (rows.dataset.rows === "printed") return onPaper(field, rows).focus();
  const fields = () => [...rows.querySelectorAll("input:not([type=hidden])")];
  const place = fields().indexOf(field) + 1;
  if (place === fields().length) addRow(rows);
  const next = fields()[place] ?? field;
  next.focus();
  next.select();
});

function onPaper(field, rows) {
  const inputs = [...rows.querySelectorAll("input")];
  const later = inputs.slice(inputs.indexOf(field) + 1);
  const next = "within" in field.dataset ? later[0] : later.find((one) => "stop" in one.dataset);
  next?.select();
  return next ?? field.form.querySelector("button[data-kind=main]");
}

const MOST_ROWS = 200;

function addRow(rows) {
  const all = rows.querySelectorAll("tbody tr:has(input)");
  if (all.length >= MOST_ROWS) return;
  const row = all[all.length - 1].cloneNode(true);
  row.removeAttribute("data-tone");
  row.cells[0].firstChild.data = all.length + 1;
  for (const input of row.querySelectorAll("input")) {
    input.value = "";
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
    input.ariaLabel = input.ariaLabel?.replace(/\d+$/, all.length + 1) ?? null;
  }
  rows.tBodies[0].append(row);
}

// What was typed outlives the session: it is kept in this tab when the form is sent, and when another form (sign out, the language) leaves
// the page. Who comes back to the form as the same person finds it filled; once it was taken, or somebody else is here, it is forgotten.
const store = (() => { try { return window.sessionStorage; } catch { return null; } })();
const MINE = `typed ${document.body.dataset.person} `;
const form = document.querySelector("form[data-keep]");
const key = form && MINE + form.getAttribute("action");
let touched = false;

const fieldsOf = () => [...form.elements].filter((one) => one.name && one.name !== "csrf_token" && !["BUTTON", "FIELDSET"].includes(one.tagName));
const keep = (why) => store?.setItem(key, JSON.stringify({ why, typed: fieldsOf().map((one) => [one.name, one.type === "checkbox" ? one.checked : one.value]) }));

function fill(typed) {
  const met = {};
  for (const [name, value] of typed) {
    const place = met[name] = (met[name] ?? -1) + 1;
    const named = () => fieldsOf().filter((one) => one.name === name)[place];
    if (!named()) addRow(form.querySelector("[data-rows]") ?? document.createElement("table"));
    const field = named();
    if (!field) continue;
    if (field.type === "checkbox") field.checked = value; else field.value = value;
    if (value) field.closest("details")?.setAttribute("open", "");
  }
}

function tell() {
  const note = document.getElementById("typed-note").content.firstElementChild.cloneNode(true);
  note.querySelector("button").addEventListener("click", () => location.assign(location.href));
  form.before(note);
}

if (store) {
  for (const other of Object.keys(store)) {
    if (!other.startsWith("typed ") || other === key) continue;
    if (!other.startsWith(MINE) || JSON.parse(store.getItem(other)).why === "sent") store.removeItem(other);
  }
  const kept = key && JSON.parse(store.getItem(key));
  if (kept) store.removeItem(key);
  if (kept && form.dataset.keep === "fresh") {
    fill(kept.typed);
    touched = true;
    tell();
  }
  if (form) {
    form.addEventListener("input", () => { touched = true; });
    document.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      if (event.target === form) keep("sent"); else if (touched) keep("left");
    });
  }
}
