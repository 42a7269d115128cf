// Reads the page again when the journal has grown, and counts the seconds that are left. The page works without it.
"use strict";
(() => {
  let head = null;
  const busy = () => document.activeElement && document.activeElement.matches("input, button, summary");
  const left = () => {
    for (const node of document.querySelectorAll("[data-left]")) {
      const end = (node.end ??= Date.now() + 1000 * Number(node.dataset.left));
      const seconds = Math.max(0, Math.round((end - Date.now()) / 1000));
      const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
      node.textContent = `${clock.map((part) => String(part).padStart(2, "0")).join(":")} left; silence is no`;
      node.classList.toggle("late", seconds < 120);
    }
  };
  const again = async () => {
    const answer = await fetch(location.pathname, { credentials: "same-origin" });
    if (!answer.ok && answer.status !== 409) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("page");
    if (fresh) document.getElementById("page").replaceChildren(...fresh.childNodes);
  };
  const look = async () => {
    if (!document.querySelector("main[data-live]")) return;
    try {
      const answer = await fetch("/pulse", { credentials: "same-origin" });
      if (!answer.ok) return;
      const now = (await answer.json()).head;
      if (head !== null && now !== head && !busy()) await again();
      if (!busy() || head === null) head = now;
    } catch { /* the server is away: the page stays as it is */ }
  };
  left();
  setInterval(left, 1000);
  setInterval(look, 1500);
  look();
})();
