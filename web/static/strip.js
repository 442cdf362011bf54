// The volunteer's strip locks itself when nobody has touched it for a while; a log-in that was begun is forgotten as well.
"use strict";
(() => {
  const bar = document.querySelector("[data-idle-s]");
  const login = document.getElementById("strip-login");
  const idle_ms = (bar ? Number(bar.dataset.idleS) : 45) * 1000;
  let waiting = 0;

  function leave() {
    if (bar) document.querySelector("[data-lock]").form.requestSubmit();
    else if (login && login.open) { login.querySelector("form").reset(); login.open = false; }
  }
  function touched() {
    clearTimeout(waiting);
    waiting = setTimeout(leave, idle_ms);
  }
  ["pointerdown", "keydown"].forEach((name) => document.addEventListener(name, touched));
  touched();
})();
