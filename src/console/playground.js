// Decides what stands in the playground again a moment after it was changed; without this script the button does it.
(() => {
  const form = document.getElementById("playground");
  const result = document.getElementById("result");
  if (!form || !result) return;
  const QUIET_MS = 350;
  let timer = 0;
  let asked = 0;
  const ask = async () => {
    const number = ++asked;
    result.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { "x-fragment": "1" },
      });
      const html = await answer.text();
      // A later change was asked for meanwhile: its result counts.
      if (number === asked && answer.ok) result.innerHTML = html;
    } catch {
      // The button still works, and the next change tries again.
    }
    if (number === asked) result.removeAttribute("aria-busy");
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
