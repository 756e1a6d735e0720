// The little the desk needs beyond htmx. Every page works without it, except that nothing asks back.

// A form, a button or the chosen option of a list with data-confirm asks first, in a real dialog, with its own words on the button.
//   <form method="post" data-confirm="Cancel order SO-7712?" data-confirm-yes="Cancel the order">
// The dialog itself is in _layout/desk.html (#confirm).
const dialog = document.getElementById("confirm");
let asked = null;

document.addEventListener("submit", (event) => {
  const source = event.submitter?.dataset.confirm ? event.submitter : event.target.querySelector("option[data-confirm]:checked") ?? event.target;
  if (!source.dataset.confirm || asked === event.target) { asked = null; return; }
  event.preventDefault();
  event.stopImmediatePropagation();
  dialog.querySelector("[data-question]").textContent = source.dataset.confirm;
  dialog.querySelector("[data-yes]").textContent = source.dataset.confirmYes || dialog.dataset.yes;
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return;
    asked = event.target;
    event.target.requestSubmit(event.submitter ?? undefined);
  };
  dialog.showModal();
}, true);

// A form is sent once: its button rests until the answer is there.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  const button = event.submitter;
  if (button) setTimeout(() => { button.disabled = true; });
});
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[disabled]:not([data-off])")) button.disabled = false;
});

// A filter that is chosen (not typed) applies at once.
document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-filters] select, form[data-filters] input[type=checkbox], form[data-filters] input[type=date]")) {
    event.target.form.requestSubmit();
  }
});

// One box that ticks all of a name in its form, or none. The bar that it stands in says how many are ticked, open or closed.
for (const all of document.querySelectorAll("input[data-all]")) {
  const boxes = [...all.form.querySelectorAll(`input[type=checkbox][name="${all.dataset.all}"]`)];
  const count = all.closest("details")?.querySelector("[data-ticked]");
  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    if (count) { count.hidden = ticked === 0; count.textContent = count.dataset.ticked.replace("{n}", ticked); }
    all.checked = boxes.length > 0 && boxes.every((box) => box.checked);
    all.indeterminate = !all.checked && boxes.some((box) => box.checked);
  };
  all.closest("[hidden]")?.removeAttribute("hidden");
  all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; show(); });
  for (const box of boxes) box.addEventListener("change", show);
  show();
}

// A list that shows itself anew waits while somebody has ticked some of it: what is ticked stays ticked.
document.addEventListener("htmx:beforeRequest", (event) => {
  const list = event.target;
  if (list.getAttribute("hx-trigger")?.startsWith("every") && list.querySelector("td input[type=checkbox]:checked")) event.preventDefault();
});

// "/" goes to the search field, as in every timetable people live in.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  const search = document.querySelector("input[type=search]");
  if (search) { event.preventDefault(); search.focus(); search.select(); }
});

// Language and other small menus close by a click beside them.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu-box[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// The groups of the navigation that somebody left open stay open in this browser; that of the page is open always.
const groups = [...document.querySelectorAll(".side nav details[data-group]")];
const kept = () => { try { return [].concat(JSON.parse(localStorage.getItem("wms.groups")) ?? []); } catch { return []; } };
const names = kept();
for (const group of groups) {
  if (names.includes(group.dataset.group)) group.open = true;
  group.querySelector("summary").addEventListener("click", () => {
    const now = new Set(kept());
    if (group.open) now.delete(group.dataset.group); else now.add(group.dataset.group);
    try { localStorage.setItem("wms.groups", JSON.stringify([...now])); } catch { /* private window: lasts for this page */ }
  });
}

// A long navigation opens where the reader is.
document.querySelector(".side nav a[aria-current]")?.scrollIntoView({ block: "nearest" });
