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
  const TIP_MS = 1000; // a hint stands so long before another takes its place
  const QUIET_MS = 4000; // nobody is there for so long before anything is announced
  const TURN_MS = 12000; // and each announcement stands so long
  const READING = new Set(["welcome", "show_code", "show_venue"]); // faces that want a code before the camera
  const tip = screen.querySelector(".tip");
  const panel = screen.querySelector(".announced");
  let settled = performance.now();
  let hour = { night: Boolean(screen.dataset.night), announced: [] };

  function each(selector, act) { screen.querySelectorAll(selector).forEach(act); }

  function show(news) {
    const name = faces.has(news.face) ? news.face : "silent";
    if (screen.dataset.face !== name) {
      faces.forEach((part, code) => { part.hidden = code !== name; });
      screen.dataset.face = name;
      settled = performance.now();
      announce();
      sound(name);
    }
    advise((READING.has(name) && news.hint) || "");
    const call = screen.querySelector(".call");
    if (call) call.dataset.called = news.called ? "yes" : "";
    seconds(name === "hold_still" ? news.progress : null);
    each("[data-initials]", (part) => { part.textContent = news.initials || ""; });
    each("[data-companions]", (part) => { part.textContent = news.companions || 0; });
    each("[data-direction]", (part) => { part.hidden = part.dataset.direction !== news.direction; });
    const ring = document.getElementById("ring");
    if (ring) ring.style.strokeDasharray = `${Math.round((news.progress || 0) * 100)} 100`;
    count(news.closes_s);
  }

  // --- three, two, one: how much of the measurement is still to come
  function seconds(progress) {
    const part = screen.querySelector(".seconds");
    if (!part) return;
    part.toggleAttribute("hidden", progress === null || progress === undefined || progress >= 1);
    part.querySelector(".count").textContent = Math.max(1, Math.ceil((1 - (progress || 0)) * 3));
  }

  // --- what would help the camera
  let tipped = -TIP_MS;
  let tipping = 0;
  function advise(hint) {
    clearTimeout(tipping);
    const left = tipped + TIP_MS - performance.now();
    if (hint && left > 0 && hint !== tip.dataset.shown) { tipping = setTimeout(() => advise(hint), left); return; }
    if (hint === (tip.dataset.shown || "")) return;
    tipped = performance.now();
    tip.dataset.shown = hint;
    let known = false;
    tip.querySelectorAll("[data-hint]").forEach((part) => {
      part.hidden = part.dataset.hint !== hint;
      known ||= !part.hidden;
    });
    tip.hidden = !known;
    screen.classList.toggle("tipped", known);
  }

  // --- what is announced while nobody is there
  let turn = 0;
  function announce() {
    const now = performance.now();
    const wanted = screen.dataset.face === "welcome" && now - settled > QUIET_MS ? hour.announced : [];
    panel.hidden = wanted.length === 0;
    screen.classList.toggle("announces", wanted.length > 0);
    if (!wanted.length) return;
    const [chinese, english] = wanted[Math.floor(now / TURN_MS) % wanted.length];
    if (turn === chinese) return;
    turn = chinese;
    const words = document.documentElement.lang.startsWith("zh") ? [chinese, english] : [english, chinese];
    panel.querySelector("b").textContent = words[0];
    panel.querySelector("small").textContent = words[1];
  }

  // --- short sounds, where nobody speaks: rising is good, level asks, falling stops
  const TUNES = { pass: [660, 990], see_volunteer: [520, 520], silent: [520, 520], stop: [440, 290], next_person: [780], evacuate: [880, 440, 880, 440] };
  let speaker = null;
  function sound(name) {
    const tune = screen.dataset.sounds && TUNES[name];
    if (!tune || !window.AudioContext) return;
    speaker ||= new AudioContext();
    if (speaker.state !== "running") { // a browser may want a touch first: what was not heard in time is not heard later
      speaker.resume().catch(() => {});
      return;
    }
    tune.forEach((hertz, at) => {
      const start = speaker.currentTime + at * 0.19;
      const tone = speaker.createOscillator();
      const volume = speaker.createGain();
      tone.frequency.value = hertz;
      volume.gain.setValueAtTime(0.0001, start);
      volume.gain.exponentialRampToValueAtTime(hour.night && name !== "evacuate" ? 0.04 : 0.25, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.17);
      tone.connect(volume).connect(speaker.destination);
      tone.start(start);
      tone.stop(start + 0.18);
    });
  }

  document.addEventListener("pointerdown", () => {
    if (!screen.dataset.sounds || !window.AudioContext) return;
    speaker ||= new AudioContext();
    speaker.resume().catch(() => {});
  });

  // --- the call button
  screen.querySelector(".call")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    form.dataset.called = "yes";
    fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } })
      .then((answer) => { if (answer.status === 400) location.reload(); else if (!answer.ok) form.dataset.called = ""; })
      .catch(() => { form.dataset.called = ""; });
  });

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
    listen("waits", (news) => { // of the strip: that something waits for the volunteer
      document.querySelectorAll("[data-waits]").forEach((part) => { part.hidden = !news[part.dataset.waits]; });
    });
    listen("hour", (news) => {
      hour = news;
      screen.dataset.night = news.night ? "yes" : "";
      announce();
    });
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
    announce();
    const idle = screen.dataset.face === "welcome" && now - settled > HOME_MS;
    if (idle && screen.dataset.away) location.replace(screen.dataset.home);
  }, 500);
})();
