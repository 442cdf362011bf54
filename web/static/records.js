// The records without a reload where that is kinder: an open filter on wide windows, and how far a file is.
"use strict";
for (const box of document.querySelectorAll("details[data-open-from]")) {
  if (innerWidth >= Number(box.dataset.openFrom)) box.open = true;
}
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
const job = document.querySelector("[data-job=running]");
if (job) {
  const progress = document.getElementById("progress");
  const done = document.getElementById("done");
  const look = async () => {
    try {
      const answer = await fetch(job.dataset.progress, { headers: { Accept: "application/json" } });
      const told = await answer.json();
      if (told.state !== "running") return location.reload();
      if (!progress) return setTimeout(look, 700); // it has not begun yet
      progress.value = told.done;
      done.textContent = told.done.toLocaleString(document.documentElement.lang);
      if (told.said) document.getElementById("doing").textContent = told.said;
    } catch {
      // the line comes back, or the person looks again
    }
    setTimeout(look, 700);
  };
  setTimeout(look, 400);
}
