// Small comforts; every page works without them.
document.documentElement.classList.add("js");

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  for (const menu of document.querySelectorAll("details.account[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const suggestions = document.getElementById("suggestions");
  if (suggestions) suggestions.replaceChildren();
  for (const menu of document.querySelectorAll("details.account[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A link of the error summary leads to its field: a folded part around it opens first.
document.addEventListener("click", (event) => {
  const link = event.target.closest('.error-summary a[href^="#"]');
  const field = link && document.getElementById(link.getAttribute("href").slice(1));
  if (!field) return;
  event.preventDefault();
  field.closest("details")?.setAttribute("open", "");
  const control = field.matches("fieldset") ? field.querySelector("input, select, textarea") : field;
  (control || field).focus();
});

// While the questions that an answer opens are on their way, the person goes on answering: what
// was answered meanwhile is put into the form that arrives, and opens its own questions then.
let answered = new Map();
let opening = null;

const isChoice = (control) => /^(radio|checkbox)$/.test(control.type);
const keyOf = (control) =>
  isChoice(control) ? `${control.name}=${control.value}` : control.name;

document.addEventListener("htmx:beforeSwap", (event) => {
  answered = new Map();
  if (event.detail.target.id !== "form") return;
  for (const control of document.getElementById("form").elements) {
    if (control.name && control.type !== "hidden") {
      answered.set(keyOf(control), { checked: control.checked, value: control.value });
    }
  }
});

document.addEventListener("htmx:afterSwap", () => {
  for (const control of document.getElementById("form")?.elements ?? []) {
    const before = answered.get(keyOf(control));
    if (!before || control.readOnly || control.tagName === "BUTTON") continue;
    const what = isChoice(control) ? "checked" : "value";
    if (control[what] === before[what]) continue;
    control[what] = before[what];
    if (control.hasAttribute("hx-post") && before[what]) opening = control;
  }
  answered = new Map();
});

document.addEventListener("htmx:afterSettle", () => {
  const control = opening;
  opening = null;
  control?.dispatchEvent(new Event("change", { bubbles: true }));
});
