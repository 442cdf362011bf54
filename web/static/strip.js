// On the display that residents see as well: what a volunteer opened there locks itself when nobody touches it.
"use strict";
(() => {
  const post = document.querySelector("[data-idle-s]");
  const login = document.getElementById("strip-login");
  const zone = document.querySelector("aside.strip") || document; // a resident's touch of the screen keeps nothing open
  const idle_ms = (post ? Number(post.dataset.idleS) : 45) * 1000;
  const TELL_MS = 5000; // the kiosk hears of touches no more often
  const AGAIN_MS = 2000;
  let waiting = 0;
  let told = -TELL_MS;

  function send(address, form) {
    const csrf = document.querySelector("meta[name=csrf-token]").content;
    const body = new FormData(form);
    body.delete("csrf_token");
    return fetch(address, { method: "POST", body, redirect: "manual", headers: { "X-CSRFToken": csrf } });
  }

  // Names and reasons are gone at once, and for good, whether the kiosk can be reached or not.
  function lock() {
    const form = document.querySelector("[data-lock]").form;
    document.querySelectorAll(".strip-bar, #main, #toast, dialog").forEach((part) => part.remove());
    const leave = () => send(form.action, form)
      .then(() => location.replace(form.elements.next.value))
      .catch(() => setTimeout(leave, AGAIN_MS));
    leave();
  }

  function untouched() {
    if (post) lock();
    else if (login && login.open) { login.querySelector("form").reset(); login.open = false; }
  }

  function touched() {
    clearTimeout(waiting);
    waiting = setTimeout(untouched, idle_ms);
    if (!post || performance.now() - told < TELL_MS) return;
    told = performance.now();
    send(post.dataset.here, document.querySelector("[data-lock]").form).catch(() => {});
  }
  ["pointerdown", "keydown"].forEach((name) => zone.addEventListener(name, touched));
  document.querySelector("[data-lock]")?.form.addEventListener("submit", (event) => { event.preventDefault(); lock(); });
  touched();
})();
