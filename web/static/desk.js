// The desk: parts that the gate changes arrive by the event stream; forms are sent without leaving the page; keys press buttons.
"use strict";
(() => {
  const live = document.getElementById("live");
  if (!live) return;
  const toast = document.getElementById("toast");
  const camera = document.getElementById("camera");
  const csrf = () => document.querySelector("meta[name=csrf-token]").content;
  const LOST_MS = 3500;
  const SAID_MS = 5000;
  let heard = performance.now();
  let fading = 0;

  // --- what is said to the volunteer
  function say(words, bad) {
    if (!words) return;
    clearTimeout(fading);
    toast.textContent = words;
    toast.className = bad ? "bad" : "";
    toast.hidden = false;
    fading = setTimeout(() => { toast.hidden = true; }, SAID_MS);
  }

  // --- parts of the page
  function kept(region) {
    const values = new Map();
    region.querySelectorAll("[data-keep]").forEach((field) => { values.set(field.dataset.keep, field.value); });
    const open = new Set([...region.querySelectorAll("details[open][id]")].map((part) => part.id));
    const seen = new Set([...region.querySelectorAll("details[id]")].map((part) => part.id));
    const active = region.contains(document.activeElement) ? document.activeElement : null;
    return { values, open, seen, active, scroll: [...region.querySelectorAll(".recent")].map((part) => part.scrollTop) };
  }

  function twin(region, active) {
    if (active.dataset.keep) return region.querySelector(`[data-keep="${CSS.escape(active.dataset.keep)}"]`);
    if (active.dataset.key) return region.querySelector(`[data-key="${CSS.escape(active.dataset.key)}"]`);
    const within = active.closest("details[id]");
    if (within && active.matches("summary")) return document.getElementById(within.id)?.querySelector("summary");
    return null;
  }

  function replace(name, html) {
    const region = document.querySelector(`[data-region="${name}"]`);
    if (!region) return;
    const before = kept(region);
    const selection = before.active && before.active.matches("input[type=text],input:not([type])") ? before.active.selectionStart : null;
    region.innerHTML = html; // made and escaped by the server's templates
    region.querySelectorAll("[data-keep]").forEach((field) => {
      const value = before.values.get(field.dataset.keep);
      if (value !== undefined) field.value = value;
    });
    before.seen.forEach((id) => {
      const part = document.getElementById(id);
      if (part) part.open = before.open.has(id);
    });
    region.querySelectorAll(".recent").forEach((part, at) => { part.scrollTop = before.scroll[at] || 0; });
    const next = before.active && twin(region, before.active);
    if (next) {
      next.focus({ preventScroll: true });
      if (selection !== null && next.setSelectionRange) next.setSelectionRange(selection, selection);
    }
    tick();
  }

  function lost(is) { live.classList.toggle("lost", is); }

  function follow() {
    const stream = new EventSource(live.dataset.events);
    const listen = (name, act) => stream.addEventListener(name, (event) => {
      heard = performance.now();
      lost(false);
      act(JSON.parse(event.data));
    });
    listen("beat", () => {});
    listen("parts", (parts) => Object.entries(parts).forEach(([name, html]) => replace(name, html)));
    listen("picture", (jpeg) => {
      if (!camera) return;
      camera.src = `data:image/jpeg;base64,${jpeg}`;
      camera.hidden = false;
    });
    listen("ended", () => { stream.close(); location.assign(live.dataset.login); });
    return stream;
  }
  let stream = follow();
  let tried = performance.now();
  setInterval(() => {
    const now = performance.now();
    if (now - heard <= LOST_MS) return;
    lost(true);
    const words = document.getElementById("words-lost");
    const banner = document.querySelector("[data-region=banner]");
    if (words && banner && !banner.querySelector(".lost")) banner.replaceChildren(words.content.cloneNode(true));
    if (stream.readyState === EventSource.CLOSED && now - tried > 3000) {
      tried = now;
      stream = follow();
    }
  }, 500);

  // --- times that run
  function two(number) { return String(Math.floor(number)).padStart(2, "0"); }
  function tick() {
    document.querySelectorAll("[data-until]").forEach((part) => {
      const left = (Date.parse(part.dataset.until) - Date.now()) / 1000;
      part.textContent = left > 0 ? `${Math.ceil(left)} s` : "";
    });
    document.querySelectorAll("[data-since]").forEach((part) => {
      const gone = Math.max(0, (Date.now() - Date.parse(part.dataset.since)) / 1000);
      part.textContent = `${two(gone / 3600)}:${two((gone / 60) % 60)}:${two(gone % 60)}`;
    });
  }
  setInterval(tick, 1000);
  tick();

  // --- forms
  function newId() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function ask(form, pressed) {
    const body = new FormData(form, pressed);
    body.set("request_id", newId());
    body.delete("csrf_token");
    form.classList.add("asking");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body,
        headers: { "X-CSRFToken": csrf(), Accept: "application/json" },
        signal: AbortSignal.timeout(10000),
      });
      const news = await answer.json();
      if (news.login) location.assign(news.login);
      if (news.taken) taken(news);
      say(news.said, !news.done);
      if (news.done) settled(form);
    } catch {
      say(document.getElementById("words-failed").content.textContent, true);
    } finally {
      form.classList.remove("asking");
    }
  }

  // Somebody else logged in on this page: their token and their stream, the same visit.
  function taken(news) {
    document.querySelector("meta[name=csrf-token]").content = news.csrf;
    document.querySelectorAll("input[name=csrf_token]").forEach((field) => { field.value = news.csrf; });
    document.querySelectorAll(".leave small").forEach((part) => { part.textContent = news.name; });
    document.querySelectorAll(".top nav a").forEach((page) => { if (!news.pages.includes(page.getAttribute("href"))) page.remove(); });
    stream.close();
    stream = follow();
    settled(document.querySelector(".hand-over"));
  }

  // Whether the volunteer already types elsewhere: an answer that comes late takes nobody's field away.
  function goneOn(form, tool) {
    const active = document.activeElement;
    if (!active || form.contains(active) || (tool && tool.contains(active))) return false;
    const same = active.dataset.keep && form.querySelector(`[data-keep="${CSS.escape(active.dataset.keep)}"]`);
    return !same && (typing(active) || Boolean(active.closest(".tools > details[open]")));
  }

  function settled(form) {
    const tool = form.closest(".tools > details");
    const elsewhere = goneOn(form, tool);
    form.reset();
    form.querySelectorAll("[data-keep]").forEach((field) => { field.value = field.defaultValue; });
    if (tool) { if (elsewhere) tool.open = false; else shut(tool); }
    const found = document.getElementById("found");
    if (found && form.closest("#found")) found.replaceChildren();
    if (!elsewhere) document.activeElement?.blur();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-ask]")) return;
    event.preventDefault();
    if (!form.classList.contains("asking")) ask(form, event.submitter);
  });

  // --- finding people as one types
  const find = document.querySelector("[data-find]");
  let asked = 0;
  let pause = 0;
  async function search() {
    const found = document.getElementById("found");
    const number = ++asked;
    if (!find.value.trim()) { found.replaceChildren(); return; }
    const body = new FormData(find.form);
    const answer = await fetch(find.dataset.find, {
      method: "POST", body, headers: { "X-CSRFToken": csrf(), Accept: "text/html", "X-Part": "people" },
    }).catch(() => null);
    if (!answer || !answer.ok || number !== asked) return;
    found.innerHTML = await answer.text();
  }
  if (find) {
    find.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(search, 80); });
    find.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const first = document.querySelector("#found button");
      if (first) first.focus(); else search();
    });
    find.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") { event.preventDefault(); document.querySelector("#found button")?.focus(); }
    });
    document.getElementById("found").addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const all = [...document.querySelectorAll("#found button")];
      (all[all.indexOf(document.activeElement) + step] || find).focus();
    });
  }

  // --- sheets
  const tools = [...document.querySelectorAll(".tools > details")];
  function shut(tool) { tool.open = false; tool.querySelector("summary").focus(); }
  function unfold(tool) {
    tools.forEach((each) => { each.open = each === tool; });
    const first = tool.querySelector("[data-first]");
    if (first && !tool.contains(document.activeElement?.closest("input,select,textarea"))) first.focus();
  }
  tools.forEach((tool) => tool.addEventListener("toggle", () => { if (tool.open) unfold(tool); }));
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) {
      event.preventDefault();
      unfold(document.getElementById(opener.dataset.open));
      return;
    }
    const open = tools.find((tool) => tool.open);
    if (open && !open.contains(event.target)) open.open = false;
  });

  // --- keys
  const help = document.getElementById("keys");
  document.querySelectorAll("[data-keys]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => help.showModal());
  });
  function typing(target) { return target.matches("input:not([type=checkbox]),textarea,select"); }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const open = tools.find((tool) => tool.open);
    if (event.key === "Escape") {
      if (open) shut(open); else document.activeElement?.blur();
      return;
    }
    if (typing(event.target) || (help && help.open) || event.repeat) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "?" && help) { event.preventDefault(); help.showModal(); return; }
    const tool = tools.find((each) => each.dataset.openKey === key);
    if (tool) { event.preventDefault(); unfold(tool); return; } // at once: the next key is typed into it
    const quoted = CSS.escape(key);
    const field = document.querySelector(`[data-focus="${quoted}"]`);
    if (field) { event.preventDefault(); field.focus(); field.select(); return; }
    const button = document.querySelector(`[data-key="${quoted}"]`);
    if (button) { event.preventDefault(); if (button.form) button.form.requestSubmit(button); else button.click(); return; }
    if (/^[1-9]$/.test(key)) {
      const part = document.querySelectorAll(".recent > li > details")[Number(key) - 1];
      if (part) { event.preventDefault(); part.open = !part.open; part.querySelector("summary").focus(); }
    }
  });
})();
