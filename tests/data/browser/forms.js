// Sends forms, one after the other, with the token of the page and the version of the ticket; tells which were refused.
const [forms] = arguments;
const csrf = document.querySelector("input[name=csrf]").value;
const versionOf = async (path) => {
  const page = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
  return page.querySelector("input[name=seen]").value;
};
return (async () => {
  const refused = [];
  for (const [path, fields] of forms) {
    const body = new URLSearchParams({ csrf, ...fields });
    if (fields.act === "reply" || fields.act === "close") body.set("seen", await versionOf(path.replace("/act", "")));
    const answer = await fetch(path, { method: "POST", body });
    if (!answer.ok) refused.push(`${path} ${body}: ${answer.status}`);
  }
  return refused;
})();
