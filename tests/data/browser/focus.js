// Gives everything on the page the focus that a keyboard can give it, one after the other; a list of what does not show it.
// The last key was Tab, so that the browser takes this for the work of a keyboard.
const wrong = [];
const named = (each) => `${each.tagName.toLowerCase()}${each.id ? "#" + each.id : ""} “${(each.textContent || each.value || "").trim().slice(0, 40)}”`;
for (const each of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
  const hidden = each.disabled || each.tabIndex < 0 || !each.checkVisibility({ checkVisibilityCSS: true });
  if (hidden) continue;
  each.focus({ preventScroll: true });
  if (document.activeElement !== each) {
    wrong.push(`${named(each)} takes no focus`);
    continue;
  }
  const style = getComputedStyle(each);
  const line = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const box = each.getBoundingClientRect();
  if (!line && style.boxShadow === "none") wrong.push(`${named(each)} does not show its focus`);
  else if (box.width < 2 || box.right < 0) wrong.push(`${named(each)} has its focus where nobody sees it`);
}
document.activeElement.blur();
return wrong;
