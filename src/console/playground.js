// Decides what stands in the playground again a moment after it was changed; without this script the button does it.
(() => {
  const form = document.getElementById("playground");
  const result = document.getElementById("result");
  if (!form || !result) return;
  const QUIET_MS = 350;
  let timer = 0;
  let asking = false;
  let changed = false;
  const ask = async () => {
    // One at a time, as the console wants it; what was changed meanwhile is asked for afterwards.
    if (asking) {
      changed = true;
      return;
    }
    asking = true;
    result.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { "x-fragment": "1" },
      });
      const html = await answer.text();
      if (answer.redirected) location.reload();
      else if (answer.ok) result.innerHTML = html;
    } catch {
      // The button still works, and the next change tries again.
    }
    asking = false;
    result.removeAttribute("aria-busy");
    if (changed) {
      changed = false;
      ask();
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, QUIET_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    ask();
  });
})();
