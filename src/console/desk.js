// Keys for those who work the queue all day. Without this file everything works by mouse, touch and Tab. Keys that are
// pressed alone can be switched off by each person (WCAG 2.1.4); the page says so with `data-keys="off"`.
"use strict";
(() => {
  const rows = () => [...document.querySelectorAll("[data-row]")];
  let here = -1;
  let leading = "";

  const places = { q: "/queue", s: "/search", b: "/buyers", r: "/rules", h: "/help" };

  const isTyping = (target) =>
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

  // The row that a key is about: the one marked, or the one that holds the focus.
  const row = () => {
    const all = rows();
    const focused = document.activeElement && document.activeElement.closest("[data-row]");
    return focused || all[here] || null;
  };

  const move = (by) => {
    const all = rows();
    // On a ticket the keys lead to the one below and above it in its list.
    if (all.length === 0) return use(by > 0 ? "j" : "k");
    const focused = all.indexOf(row());
    here = Math.min(all.length - 1, Math.max(0, (focused < 0 ? -1 : focused) + by));
    if (focused < 0 && by < 0) here = 0;
    for (const each of all) each.classList.toggle("here", each === all[here]);
    const link = all[here].querySelector("a.open");
    if (link) link.focus();
    all[here].scrollIntoView({ block: "nearest" });
  };

  // What has `data-key` is used by that key: in the row at hand first, then anywhere on the page.
  const use = (key) => {
    const name = `[data-key="${CSS.escape(key)}"]`;
    const inRow = row();
    const found = (inRow && inRow.querySelector(name)) || [...document.querySelectorAll(name)].find((each) => !each.closest("[data-row]"));
    if (!found) return false;
    if (found.tagName === "DETAILS") {
      found.open = true;
      const first = found.querySelector("input:not([type=hidden]), select, textarea, button");
      if (first) first.focus();
    } else if (/^(INPUT|TEXTAREA|SELECT)$/.test(found.tagName)) {
      const fold = found.closest("details");
      if (fold) fold.open = true;
      found.focus();
      found.scrollIntoView({ block: "center" });
    } else {
      found.click();
    }
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) {
      // Ctrl+Enter sends what is being written.
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
        event.preventDefault();
        // The button says what is to be done, so it goes along.
        event.target.form.requestSubmit(event.target.form.querySelector("button"));
      }
      return;
    }
    if (isTyping(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (document.body.dataset.keys === "off") return;
    const key = event.key;
    if (leading === "g") {
      leading = "";
      if (places[key]) {
        event.preventDefault();
        location.href = places[key];
      }
      return;
    }
    if (key === "g") {
      leading = "g";
      setTimeout(() => { leading = ""; }, 1500);
      return;
    }
    let done = true;
    if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (key === "o") {
      const link = row() && row().querySelector("a.open");
      if (link) link.click();
    } else if (key === "?") {
      location.href = "/help";
    } else if (key === "/") done = use("/") || (location.href = "/search");
    else done = key.length === 1 && use(key);
    if (done) event.preventDefault();
  });

  // A long list is narrowed down while a person types; without this file it is shown whole.
  for (const finder of document.querySelectorAll("[data-narrows]")) {
    const field = finder.querySelector("input");
    const list = document.getElementById(finder.dataset.narrows);
    finder.hidden = false;
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase().split(/\s+/);
      for (const each of list.children) {
        const text = each.textContent.toLowerCase();
        each.hidden = !wanted.every((word) => text.includes(word));
      }
    });
  }

  // A form is sent once: a second press of a slow button would be refused, and confuse.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    else if (event.target.method === "post") event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // What a person writes outlives a page that is left by accident; it never leaves this tab.
  for (const field of document.querySelectorAll("textarea[data-keep]")) {
    const name = `nightdesk:${field.dataset.keep}`;
    const kept = sessionStorage.getItem(name);
    if (kept && !field.value) field.value = kept;
    field.addEventListener("input", () => sessionStorage.setItem(name, field.value));
    if (field.form) field.form.addEventListener("submit", () => sessionStorage.removeItem(name));
  }
})();
