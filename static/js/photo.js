// A photo is sent as soon as it is taken: choosing it in the camera is the decision. Without this script a button sends it.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches?.("input[type=file][data-at-once]") || !input.files.length) return;
  const label = input.closest("label");
  label?.setAttribute("aria-busy", "true");
  input.form.submit();  // not requestSubmit: the scanner screen listens to submits of its own forms
});
