/* Signing in with a device: the UKEY through its agent on this machine, a passkey through the browser. */
const devices = document.getElementById("devices") || document.getElementById("new-passkey");
const fault = document.getElementById("device-fault");
const tell = (words) => { fault.textContent = words; };
const secret = () => document.querySelector("input[name=csrfmiddlewaretoken]").value;

async function ask(address, content) {
  const body = JSON.stringify(content || {});
  const next = devices.dataset.next ? "?next=" + encodeURIComponent(devices.dataset.next) : "";
  const headers = { "Content-Type": "application/json", "X-CSRFToken": secret() };
  const response = await fetch(address + next, { method: "POST", headers, body, credentials: "same-origin" });
  const answer = await response.json().catch(() => ({ detail: "服务器没有答复。请稍后再试" }));
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

async function askAgent(path, content) {
  let response;
  try {
    response = await fetch(devices.dataset.agent + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
  } catch (error) {
    throw new Error("没有找到本机的 UKEY 程序。请插好 UKEY，启动 UKEY 程序后再试");
  }
  const answer = await response.json().catch(() => ({ detail: "UKEY 程序的答复读不懂。请更新 UKEY 程序" }));
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function withUkey(event) {
  event.preventDefault();
  tell("");
  const pin = document.getElementById("pin");
  try {
    const { challenge } = await ask(devices.dataset.challenge);
    const { signature, certificate } = await askAgent("/v1/sign", { challenge, pin: pin.value });
    pin.value = "";
    location.assign((await ask(devices.dataset.ukey, { challenge, signature, certificate })).next);
  } catch (error) { tell(error.message); }
}

async function withPasskey() {
  tell("");
  try {
    const { publicKey } = await ask(devices.dataset.options);
    publicKey.challenge = bytes(publicKey.challenge);
    const found = await navigator.credentials.get({ publicKey });
    const answer = { id: found.id, rawId: text(found.rawId), type: found.type, clientExtensionResults: {}, response: {
      clientDataJSON: text(found.response.clientDataJSON), authenticatorData: text(found.response.authenticatorData),
      signature: text(found.response.signature), userHandle: found.response.userHandle ? text(found.response.userHandle) : null } };
    location.assign((await ask(devices.dataset.passkey, answer)).next);
  } catch (error) { tell(error.name === "NotAllowedError" ? "没有选用通行密钥，或已超时。可以再试一次" : error.message); }
}

async function newPasskey(event) {
  event.preventDefault();
  tell("");
  try {
    const { publicKey } = await ask(devices.dataset.options);
    publicKey.challenge = bytes(publicKey.challenge);
    publicKey.user.id = bytes(publicKey.user.id);
    for (const known of publicKey.excludeCredentials || []) known.id = bytes(known.id);
    const made = await navigator.credentials.create({ publicKey });
    const answer = { id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: {}, response: {
      clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject) } };
    const label = document.getElementById("label").value;
    location.assign((await ask(devices.dataset.passkey, { label, answer })).next);
  } catch (error) { tell(error.name === "NotAllowedError" ? "没有登记，或已超时。可以再试一次" : error.message); }
}

const ukey = document.getElementById("ukey"), passkey = document.getElementById("passkey"), fresh = document.getElementById("add-passkey");
if (ukey) { ukey.addEventListener("submit", withUkey); ukey.querySelector("button").disabled = false; }
if (passkey && window.PublicKeyCredential) { passkey.addEventListener("click", withPasskey); passkey.disabled = false; }
if (fresh && window.PublicKeyCredential) { fresh.addEventListener("submit", newPasskey); fresh.querySelector("button").disabled = false; }
