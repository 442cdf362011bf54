// The pages beside the desk: one key goes to each, `?` lists them, Escape leads back.
"use strict";
(() => {
  const help = document.getElementById("keys");
  document.querySelectorAll("[data-keys]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => help.showModal());
  });
  const typing = (target) => target.matches("input:not([type=checkbox]):not([type=radio]),textarea,select");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented || help.open) return;
    if (event.key === "Escape") {
      if (document.activeElement !== document.body) document.activeElement.blur();
      else document.querySelector("nav.post a").click();
      return;
    }
    if (typing(event.target) || event.repeat) return;
    if (event.key === "?") { event.preventDefault(); help.showModal(); return; }
    const link = document.querySelector(`nav.post [data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (link) { event.preventDefault(); link.click(); }
  });
})();
