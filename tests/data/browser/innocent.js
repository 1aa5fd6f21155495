// Looks for what a page holds only if it took a text for more than text. Opens everything that can be opened first.
for (const fold of document.querySelectorAll("details")) fold.open = true;
const wrong = [];
if (window.__xss) wrong.push("a script ran");
const own = (url) => url.startsWith("/") && !url.startsWith("//");
for (const each of document.querySelectorAll("*")) {
  for (const { name, value } of each.attributes) {
    const where = `${each.tagName} ${name}=${value.slice(0, 80)}`;
    if (/^on/i.test(name) || name === "style" || name === "srcset" || name === "srcdoc") wrong.push(where);
    if (/^(href|src|action|formaction|data|xlink:href)$/i.test(name) && /^\s*(javascript|data|vbscript):/i.test(value)) wrong.push(where);
    if (/^(action|formaction)$/i.test(name) && !own(value)) wrong.push(where);
  }
}
for (const script of document.querySelectorAll("script")) {
  const source = script.getAttribute("src");
  if (!source || !source.startsWith("/assets/")) wrong.push(`script ${source}`);
}
for (const link of document.querySelectorAll("link")) if (!link.getAttribute("href").startsWith("/assets/")) wrong.push(`link ${link.href}`);
for (const each of document.querySelectorAll("object, embed, base, meta[http-equiv], video, audio, img, math, animate, style, svg script")) wrong.push(each.tagName);
const frames = [...document.querySelectorAll("iframe")];
for (const frame of frames) {
  const sandbox = frame.getAttribute("sandbox");
  if (sandbox === null || /allow-(scripts|same-origin|forms|top-navigation)/.test(sandbox)) wrong.push(`frame with sandbox ${sandbox}`);
  if (!/^\/inbound\/\d+\/html$/.test(frame.getAttribute("src"))) wrong.push(`frame of ${frame.src}`);
}
// What stands in a frame is there before anybody says that nothing happened.
const loaded = (frame) => new Promise((done) => {
  frame.addEventListener("load", done);
  setTimeout(done, 2000);
  frame.scrollIntoView();
});
return Promise.all(frames.map(loaded)).then(() => {
  if (window.__xss) wrong.push("a script ran in a frame");
  return { wrong, frames: frames.length };
});
