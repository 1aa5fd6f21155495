// Finds what is not in Chinese on a Chinese page, and English sentences beside Chinese words; a list of it. What buyers and
// colleagues wrote, names, addresses, words of the seller's files and texts of another language are marked as such, and may
// be in any.
const OWN = ["Nightdesk", "Telegram", "Ctrl", "Enter", "English", "OpenAPI", "JSON", "CSV", "UTC", "HTML", "Esc"];
const marked = "[dir=auto], bdi, code, pre, kbd, samp, mark, script, style, iframe, [lang]:not(html), .brand, svg, table.numbers, option[value*=':']";
const found = new Set();
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walk.nextNode(); node; node = walk.nextNode()) {
  const text = node.textContent.trim().replace(/\s+/g, " ");
  if (node.parentElement.closest(marked)) continue;
  if (/\p{Script=Han}/u.test(text)) {
    if (/(?:[A-Za-z]{2,}['’]?[a-z]* ){2}[A-Za-z]{2,}/.test(text)) found.add(text.slice(0, 80));
    continue;
  }
  const words = text.replace(/\S*[@/_.:]\S*/g, " ").match(/[A-Za-z]{3,}/g) || [];
  if (words.some((word) => !OWN.includes(word))) found.add(text.slice(0, 80));
}
return [...found];
