/* What is typed while the line is cut (断网) outlives its tab: sealed in this browser under a key of the day that only the server
   has once the page is closed. It hands it out for two days, to the same person; signing out clears the browser's storage. */
const sealed = (() => {
  const { start } = sheet, NAME = "piaoju-window ", NONCE_BYTES = 12;
  const ready = Boolean(window.crypto.subtle); // absent without TLS: then nothing is kept here
  let wanted = 0;

  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join(""));
  const key = (day) => crypto.subtle.importKey("raw", bytes(start.keys[day]), "AES-GCM", false, ["encrypt", "decrypt"]);
  const how = (number, iv) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode([start.operator, start.unit, start.point, number].join(" ")) });

  /* The sheet as it stands; an older one of its number is replaced. */
  async function keep() {
    if (!ready) return;
    const own = wanted += 1, number = sheet.number(), [day] = Object.keys(start.keys);
    const typed = new TextEncoder().encode(JSON.stringify(sheet.body())), iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const closed = await crypto.subtle.encrypt(how(number, iv), await key(day), typed);
    if (own !== wanted) return; // typed on, sent or given up meanwhile
    try {
      localStorage.setItem(NAME + number, JSON.stringify({ day, at: Date.now(), iv: text(iv), typed: text(closed) }));
    } catch { /* the browser's storage is full or off: the page itself still has it */ }
  }

  /* The server has it, or nobody wants it. */
  function drop() {
    wanted += 1;
    localStorage.removeItem(NAME + sheet.number());
  }

  /* The newest that this person left at this issuing point: its number and what was typed. What has no key any more goes. */
  async function found() {
    const kept = Object.keys(localStorage).filter((name) => name.startsWith(NAME)).map((name) => [name, JSON.parse(localStorage.getItem(name))]);
    for (const [name, one] of kept.sort((a, b) => b[1].at - a[1].at)) {
      if (!start.keys[one.day] || !ready) { localStorage.removeItem(name); continue; }
      const number = name.slice(NAME.length);
      const opened = await crypto.subtle.decrypt(how(number, bytes(one.iv)), await key(one.day), bytes(one.typed)).catch(() => null);
      if (opened) return { number, body: JSON.parse(new TextDecoder().decode(opened)) };
    }
    return null;
  }

  return { keep, drop, found };
})();
