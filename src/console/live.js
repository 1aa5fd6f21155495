// Looks again at what may have changed: parts of the page that name where they come from (`data-live`) are fetched anew
// when the service says that something happened. Without this file a reload does the same.
"use strict";
(() => {
  const shown = new WeakMap();
  const parts = () => [...document.querySelectorAll("[data-live]")];

  const refresh = async (part) => {
    const answer = await fetch(part.dataset.live, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (answer.redirected || answer.status === 401 || answer.status === 404) return;
    if (!answer.ok) return;
    const text = await answer.text();
    if (text === shown.get(part)) return;
    // Somebody writes in there: nothing is taken out of their hands.
    const typing = document.activeElement && part.contains(document.activeElement) && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (typing) return;
    const row = document.activeElement && document.activeElement.closest("[data-row]");
    const marked = part.querySelector("[data-row].here");
    const held = document.activeElement && part.contains(document.activeElement) && document.activeElement.getAttribute("href");
    const open = [...part.querySelectorAll("details[open][id]")].map((each) => each.id);
    part.innerHTML = text;
    shown.set(part, text);
    for (const id of open) {
      const fold = document.getElementById(id);
      if (fold) fold.open = true;
    }
    const again = (each) => each && part.querySelector(`[data-row="${CSS.escape(each.dataset.row)}"]`);
    const after = again(marked);
    if (after) after.classList.add("here");
    const focus = again(row);
    const link = focus && focus.querySelector("a.open");
    const same = link || (held && part.querySelector(`a[href="${CSS.escape(held)}"]`));
    if (same) same.focus({ preventScroll: true });
    countDown();
  };

  // A page that nobody sees looks again when it is seen.
  let due = 0;
  let missed = false;
  const look = () => {
    due = 0;
    missed = document.hidden;
    if (!missed) for (const part of parts()) refresh(part).catch(() => {});
  };
  const soon = () => {
    if (due === 0) due = setTimeout(look, 150);
  };
  document.addEventListener("visibilitychange", () => { if (missed && !document.hidden) soon(); });

  // What can be taken back for some seconds more says how many. The server says how long, so that clocks may differ.
  const ends = new WeakMap();
  const countDown = () => {
    for (const left of document.querySelectorAll("[data-left]")) {
      if (!ends.has(left)) ends.set(left, performance.now() + Number(left.dataset.left) * 1000);
      const seconds = Math.ceil((ends.get(left) - performance.now()) / 1000);
      if (seconds > 0) {
        left.textContent = `${seconds} s`;
      } else {
        const banner = left.closest("[data-gone]");
        if (banner) banner.hidden = true;
      }
    }
  };
  setInterval(countDown, 500);
  countDown();

  if (parts().length > 0 && "EventSource" in window) {
    const events = new EventSource("/events");
    events.addEventListener("change", soon);
    // After a break nobody knows what was missed.
    let broken = false;
    events.onerror = () => { broken = true; };
    events.onopen = () => { if (broken) { broken = false; soon(); } };
    window.addEventListener("pagehide", () => events.close());
  }
})();
