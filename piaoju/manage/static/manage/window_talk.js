/* What the window asks of the server, one thing at a time; what it says when nobody answers or nobody is signed in any more. */
const talk = (() => {
  const { start, by } = sheet;
  class Away extends Error {}
  class SignedOut extends Error {}
  class Refused extends Error {
    constructor(told, status) { super(told.detail); this.told = told; this.status = status; }
  }

  const token = () => (/(?:^|; )csrftoken=([^;]+)/.exec(document.cookie) || ["", ""])[1];

  async function ask(address, options = {}) {
    let answer;
    try {
      answer = await fetch(address, { credentials: "same-origin", ...options, headers: { "HX-Request": "true", ...(options.headers || {}) } });
    } catch {
      throw new Away();
    }
    if (answer.status === 204 && answer.headers.get("HX-Redirect")) throw new SignedOut();
    const isJson = (answer.headers.get("content-type") || "").startsWith("application/json");
    if (!isJson && answer.status >= 500) throw new Away();
    const told = isJson ? await answer.json().catch(() => { throw new Away(); }) : { detail: "这一页已经不能用。请刷新；已存的草稿在「草稿」里", code: "page_stale", errors: [] };
    if (!answer.ok || !isJson) throw new Refused(told, answer.status);
    return told;
  }

  function post(what, more = {}) {
    const sends = by("w-sends");
    const sent = { opened_by: start.operator, unit: start.unit, point: start.point, body: sheet.body(), sends: sends ? sends.checked : true };
    const form = new URLSearchParams({ what, sheet: JSON.stringify(sent), ...more });
    return ask(start.address, { method: "POST", body: form, headers: { "X-CSRFToken": token() } });
  }

  const get = (address, question = {}) => ask(`${address}?${new URLSearchParams(question)}`);

  /* A print is counted, so it is asked for by a form; its PDF opens in a tab of its own. */
  function print(address) {
    const form = sheet.element("form", { method: "post", action: address, target: "_blank", hidden: "" },
      sheet.element("input", { type: "hidden", name: "csrfmiddlewaretoken", value: token() }));
    document.body.append(form);
    form.submit();
    form.remove();
  }

  /* Login over the page: another tab signs in, this one goes on where it was. */
  let wasAt = null, then = null;
  function signedOut(afterwards = null) {
    const dialog = by("signed-out");
    then = afterwards || then;
    if (dialog.open) return;
    wasAt = document.activeElement;
    by("signed-out-words").textContent = "登录后回到这一格，内容还在。";
    dialog.showModal();
    by("sign-in-again").focus();
  }

  async function signedInAgain() {
    if (!by("signed-out").open) return;
    try {
      const here = await get(start.here);
      if (here.operator !== start.operator) {
        by("signed-out-words").textContent = `现在登录的是 ${here.name}。这一页是 ${start.handler} 打开的，请用原来的账号登录。`;
        return;
      }
    } catch {
      return;
    }
    by("signed-out").close();
    if (wasAt && wasAt.isConnected) wasAt.focus();
    if (then) { const go = then; then = null; go(); }
  }

  new BroadcastChannel("piaoju-signed-in").addEventListener("message", signedInAgain);
  window.addEventListener("focus", signedInAgain);
  by("signed-in-now").addEventListener("click", signedInAgain);

  return { post, get, print, Away, SignedOut, Refused, signedOut };
})();
