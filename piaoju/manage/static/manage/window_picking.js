/* The list of charge items under the cell where one is searched: moving in it, and taking one. */
const picker = (taken) => {
  const SHOWN = 9;
  const { by, element } = sheet;
  let input = null, found = [], at = 0;

  /* For what is typed in a cell; `even`: also where nothing is typed yet. */
  function open(cell, even = false) {
    const typed = cell.value;
    found = even || typed.trim() ? sheet.search(typed) : [];
    at = 0;
    input = found.length || typed.trim() ? cell : null;
    input ? draw() : close();
  }

  function close() {
    if (input) { input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); input.classList.remove("on"); }
    input = null;
    by("picking").hidden = true;
  }

  const first = () => Math.max(0, Math.min(at - SHOWN + 1, found.length - SHOWN));

  function priceOf(one) {
    if (one.most === null) return one.least === null ? ["据实", "没有限价"] : [`≥ ${one.least} 元`, "限价"];
    if (sheet.isFixed(one)) return [`${one.most} 元`, "政府定价"];
    return [one.least && one.least !== "0.00" ? `${one.least}–${one.most} 元` : `≤ ${one.most} 元`, "限价"];
  }

  function draw() {
    by("pick").replaceChildren(...found.slice(first(), first() + SHOWN).map((one, place) => {
      const number = first() + place, [price, basis] = priceOf(one);
      const option = element("li", { role: "option", id: `pick-${number}`, "aria-selected": String(number === at) },
        element("span", { text: place + 1 }), element("span", { class: "code", text: one.code }), element("span", { text: one.name }),
        element("span", { text: one.measure }), element("span", { class: "num", text: price }), element("span", { text: basis }));
      option.addEventListener("mousedown", (event) => { event.preventDefault(); at = number; take(); });
      return option;
    }));
    by("pick-foot").textContent = found.length ? `共 ${found.length} 项 · ↑ ↓ 选择 · Enter 确定 · Esc 收起` : "没有这样的项目。按编码、名称或拼音首字母查，如 cwf";
    by("picking").hidden = false;
    input.setAttribute("aria-expanded", "true");
    input.classList.add("on");
    if (found.length) input.setAttribute("aria-activedescendant", `pick-${at}`);
  }

  function take() {
    const [cell, item] = [input, found[at]];
    if (!item) return;
    sheet.take(cell.closest("tr"), item);
    close();
    taken(cell, item);
  }

  /* A key in the cell under which the list is open; whether it was for the list. */
  function press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { at = Math.max(0, Math.min(found.length - 1, at + step)); draw(); return true; }
    // A digit chooses, unless a code is being typed.
    const place = first() + Number(event.key) - 1;
    if (!/^[1-9]$/.test(event.key) || /^\d*$/.test(input.value) || !found[place]) return false;
    at = place;
    take();
    return true;
  }

  return { open, close, take, press, isAt: (cell) => input !== null && input === cell, isOpen: () => input !== null, hasFound: () => found.length > 0 };
};
