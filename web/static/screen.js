// The resident's screen: shows the face that the gate names, mirrors the camera, and owns up when the line is lost.
"use strict";
(() => {
  const screen = document.getElementById("screen");
  const faces = new Map([...screen.querySelectorAll("[data-is]")].map((part) => [part.dataset.is, part]));
  const mirror = document.getElementById("mirror");
  const closing = screen.querySelector(".closing");
  const LOST_MS = 3500;
  const HOME_MS = 20000;
  let heard = performance.now();
  let settled = performance.now();

  function each(selector, act) { screen.querySelectorAll(selector).forEach(act); }

  function show(news) {
    const name = faces.has(news.face) ? news.face : "silent";
    if (screen.dataset.face !== name) {
      faces.forEach((part, code) => { part.hidden = code !== name; });
      screen.dataset.face = name;
      settled = performance.now();
    }
    each("[data-initials]", (part) => { part.textContent = news.initials || ""; });
    each("[data-companions]", (part) => { part.textContent = news.companions || 0; });
    each("[data-direction]", (part) => { part.hidden = part.dataset.direction !== news.direction; });
    const ring = document.getElementById("ring");
    if (ring) ring.style.strokeDasharray = `${Math.round((news.progress || 0) * 100)} 100`;
    count(news.closes_s);
  }

  function count(seconds) {
    closing.hidden = !seconds;
    if (!seconds) return;
    const bar = closing.firstElementChild;
    bar.getAnimations().forEach((old) => old.cancel());
    bar.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration: seconds * 1000, fill: "forwards" });
  }

  function follow() {
    const stream = new EventSource(screen.dataset.events);
    const listen = (name, act) => stream.addEventListener(name, (event) => {
      heard = performance.now();
      act(JSON.parse(event.data));
    });
    listen("face", show);
    listen("beat", () => {});
    listen("venue", (venue) => {
      screen.classList.toggle("has-venue", Boolean(venue));
      if (!venue) return;
      const drawing = screen.querySelector(".venue svg");
      drawing.setAttribute("viewBox", `0 0 ${venue.modules} ${venue.modules}`);
      drawing.firstElementChild.setAttribute("d", venue.path);
    });
    listen("picture", (jpeg) => {
      if (!mirror) return;
      mirror.src = `data:image/jpeg;base64,${jpeg}`;
      mirror.parentElement.hidden = false;
      screen.classList.add("sees");
    });
    return stream;
  }

  let stream = follow();
  setInterval(() => {
    const now = performance.now();
    if (now - heard > LOST_MS) {
      show({ face: "silent" });
      if (stream.readyState === EventSource.CLOSED) {
        stream = follow();
      }
    }
    const idle = screen.dataset.face === "welcome" && now - settled > HOME_MS;
    if (idle && screen.dataset.away) location.replace(screen.dataset.home);
  }, 500);
})();
