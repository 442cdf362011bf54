// A keypad for displays without a keyboard: it types into the field that was touched last.
"use strict";
(() => {
  // Whoever logged out leaves nothing behind in this tab; whose login ended by itself goes on where they were.
  if (document.querySelector("[data-login='']")) sessionStorage.clear();
  const pad = document.querySelector("[data-keypad]");
  if (!pad) return;
  const form = pad.closest("form");
  let field = form.querySelector("input[name=name]");
  pad.hidden = false;
  form.addEventListener("focusin", (event) => {
    if (event.target.matches("input:not([type=hidden])")) field = event.target;
  });
  pad.addEventListener("click", (event) => {
    const button = event.target.closest("[data-digit]");
    if (!button) return;
    field.value = button.dataset.digit ? field.value + button.dataset.digit : field.value.slice(0, -1);
  });
  pad.addEventListener("pointerdown", (event) => { if (event.target.closest("[data-digit]")) event.preventDefault(); });
})();
