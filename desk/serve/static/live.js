// Reads the page again when the journal has grown, and counts the seconds that are left. The page works without it.
"use strict";
(() => {
  const PAUSE_MS = 1000;
  let seen = null;
  const page = () => document.getElementById("page");
  const left = () => {
    for (const node of document.querySelectorAll("[data-left]")) {
      node.end ??= Date.now() + 1000 * Number(node.dataset.left);
      const seconds = Math.max(0, Math.round((node.end - Date.now()) / 1000));
      const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
      node.textContent = seconds ? `${clock.map((part) => String(part).padStart(2, "0")).join(":")} left` : "its time is over";
      node.classList.toggle("late", seconds < 120);
    }
  };
  const again = async () => {
    const answer = await fetch(location.pathname, { credentials: "same-origin" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("page");
    // What is being typed stays, unless the page has something else to say.
    if (!fresh || fresh.dataset.state === page().dataset.state) return;
    page().dataset.state = fresh.dataset.state;
    page().replaceChildren(...fresh.childNodes);
    left();
  };
  const look = async () => {
    try {
      const answer = await fetch("/pulse", { credentials: "same-origin" });
      const now = answer.ok ? await answer.text() : seen;
      if (seen !== null && now !== seen) await again();
      seen = now;
    } catch { /* the server is away: the page stays as it is */ }
    setTimeout(look, PAUSE_MS);
  };
  left();
  setInterval(left, 1000);
  if (page().dataset.state !== undefined) look();
})();
