// A paper sheet typed by keyboard alone: Enter goes on, one key is an outcome, what was typed survives a reload.
"use strict";
(() => {
  const form = document.querySelector("[data-paper]");
  if (!form) return;
  const PLACE = "paper"; // in this tab's memory only; the log-in page empties it
  const lines = [...form.querySelectorAll("[data-line]")];
  const fields = () => [...form.querySelectorAll(".of-sheet input:not([type=hidden]), .of-sheet select, [data-line] input:not([type=radio]), [data-line] select, .outcomes")];
  const of = (line, name) => line.querySelector(`[name^="${name}-"]`);
  const isBlank = (line) => !line.querySelector("input:checked") && ["name", "room", "temperature"].every((name) => !of(line, name)?.value);

  // --- what was typed survives
  function save() {
    const values = [...new FormData(form)].filter(([name]) => !["csrf_token", "request_id"].includes(name));
    sessionStorage.setItem(PLACE, JSON.stringify(values));
  }
  function restore() {
    const entered = form.elements.entered.value;
    for (const [name, value] of JSON.parse(sessionStorage.getItem(PLACE) || "[]")) {
      const field = form.elements[name];
      if (field && name !== "entered") field.value = value; // a group of radio buttons takes a value too
    }
    form.elements.entered.value = entered;
  }
  if (form.dataset.done) sessionStorage.removeItem(PLACE);
  else if (form.dataset.fresh) restore();
  else save();
  form.addEventListener("input", save);
  form.addEventListener("change", save);

  // --- going on
  function focus(field) {
    if (!field) { form.querySelector("[data-enter]").focus(); return; }
    const target = field.matches(".outcomes") ? field.querySelector("input:checked") || field.querySelector("input") : field;
    target.focus();
    if (target.matches("input:not([type=radio]):not([type=date])")) target.select();
  }
  function next(from) {
    const all = fields();
    const here = from.closest(".outcomes") || from;
    focus(all[all.indexOf(here) + 1]);
  }
  function clock(text) {
    const found = /^(\d{1,2})[:：.]?(\d{2})$/.exec(text.trim());
    return found ? `${found[1].padStart(2, "0")}:${found[2]}` : text.trim();
  }
  form.addEventListener("focusin", (event) => {
    const line = event.target.closest("[data-line]");
    if (!line || !event.target.name.startsWith("time-") || event.target.value || !isBlank(line)) return;
    const above = lines.slice(0, lines.indexOf(line)).reverse().find((each) => of(each, "time")?.value);
    if (!above) return;
    event.target.value = of(above, "time").value;
    of(line, "direction").value = of(above, "direction").value;
    event.target.select();
  });
  form.addEventListener("focusout", (event) => {
    if (event.target.name?.startsWith("time-")) event.target.value = clock(event.target.value);
  });

  form.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.ctrlKey) { event.preventDefault(); form.requestSubmit(); return; }
    if (event.ctrlKey) return;
    const key = event.key.toLowerCase();
    const radios = event.target.closest(".outcomes");
    const chosen = radios && { p: "pass", 1: "pass", "√": "pass", c: "check", 2: "check", d: "deny", 3: "deny", x: "deny" }[key];
    if (chosen) {
      event.preventDefault();
      radios.querySelector(`[value=${chosen}]`).checked = true;
      save();
      next(radios);
    } else if (event.target.name?.startsWith("direction-") && "io".includes(key) && key) {
      event.preventDefault();
      event.target.value = key === "i" ? "in" : "out";
      save();
    } else if (event.key === "Enter" && !event.target.matches("button")) {
      event.preventDefault();
      next(event.target);
    }
  });
  form.addEventListener("submit", () => { form.querySelector("[data-enter]").disabled = true; });
  addEventListener("pageshow", () => { form.querySelector("[data-enter]").disabled = false; });
  const wrong = form.querySelector(".wrong input:not([type=hidden])");
  if (wrong) focus(wrong);
})();
