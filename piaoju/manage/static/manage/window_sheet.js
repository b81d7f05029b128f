/* The sheet: the fields and lines of one bill, read as the body of POST /bills and written back from one. Knows no network. */
const sheet = (() => {
  const start = JSON.parse(document.getElementById("window-start").textContent);
  const by = (id) => document.getElementById(id);
  const LINES_MAX = 1000, LIST_MAX = 1000;
  let items = [], byCode = new Map(), number = start.business_number;

  const element = (tag, more = {}, ...inside) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(more)) name === "text" ? (made.textContent = value) : made.setAttribute(name, value);
    made.append(...inside);
    return made;
  };

  /* fields -------------------------------------------------------------------------------------------------- */

  const fields = () => [...document.querySelectorAll("#window [data-pointer]")];
  const field = (pointer) => fields().find((one) => one.dataset.pointer === pointer);
  const billType = () => by("w-type").value;
  const typeOf = (code) => start.types.find((one) => one.code === code);

  /* The type's own fields: the usual ones beside the payer, the others behind 更多. What is typed in equal ones stays. */
  function drawOwn() {
    const typed = Object.fromEntries(fields().map((one) => [one.dataset.pointer, one.value]));
    document.querySelectorAll("[data-own]").forEach((one) => one.remove());
    const own = (typeOf(billType()) || { fields: [] }).fields;
    for (const one of own) {
      const id = `w-own-${one.name}`, pointer = `/extension/${one.name}`;
      const input = element("input", { class: "in", id, "data-pointer": pointer, maxlength: one.longest });
      if (one.kind === "date") input.placeholder = "如 2026-11-23";
      if (one.kind === "amount") input.inputMode = "decimal";
      const label = element("label", { for: id, text: one.label });
      if (one.must) label.className = "must";
      input.value = typed[pointer] || "";
      const place = one.usual ? by("usual") : by("more").querySelector(".grid");
      place.append(element("div", { class: "field", "data-own": one.name }, label, input));
    }
    const behind = own.filter((one) => !one.usual).length;
    by("more-own").textContent = behind ? `，另有 ${behind} 项` : "";
  }

  /* lines --------------------------------------------------------------------------------------------------- */

  const lines = rowsIn(by("lines"), {
    most: LINES_MAX,
    idle: ["quantity"],
    columns: [
      { name: "item_code", label: "项目编码", kind: "text" }, { name: "name", label: "项目名称", kind: "shown" }, { name: "measure", label: "单位", kind: "shown" },
      { name: "standard", label: "标准", kind: "num" }, { name: "quantity", label: "数量", kind: "num" }, { name: "amount", label: "金额", kind: "num" },
      { name: "remark", label: "备注", kind: "aside", longest: 200 },
    ],
  });
  const { cell, isEmpty } = lines;

  function addLine(after = null) {
    const row = lines.add(after);
    if (!row) return null;
    for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", "pick"], ["aria-autocomplete", "list"]]) cell(row, "item_code").setAttribute(name, value);
    return row;
  }

  const itemOf = (row) => byCode.get(cell(row, "item_code").value.trim());
  const isFixed = (item) => item && item.least !== null && item.least === item.most;

  /* Take an item on a line: its name, its measure and, where the price is fixed, its price. */
  function take(row, item) {
    cell(row, "item_code").value = item.code;
    show(row);
    cell(row, "standard").value = isFixed(item) ? item.least : "";
    if (!cell(row, "quantity").value) cell(row, "quantity").value = "1";
    reckonLine(row, "quantity");
  }

  function show(row) {
    const item = itemOf(row), fixed = isFixed(item);
    row.querySelector("[data-shown=name]").textContent = item ? item.name : "";
    row.querySelector("[data-shown=measure]").textContent = item ? item.measure : "";
    for (const name of ["standard", "amount"]) cell(row, name).readOnly = Boolean(fixed);
  }

  /* What follows from a changed cell: quantity × standard, or a sum that was typed. */
  function reckonLine(row, changed) {
    const standard = cell(row, "standard"), quantity = cell(row, "quantity"), amount = cell(row, "amount");
    if (changed === "amount") {
      const factors = amount.value.split(/[*×＊]/).map((one) => one.trim());
      const found = money.reckon(amount.value) ?? money.fen(amount.value);
      if (found === null) return;
      if (factors.length === 2 && factors.every((one) => money.e4(one) !== null)) [standard.value, quantity.value] = factors;
      amount.value = money.written(found);
      return;
    }
    const price = money.e4(standard.value), many = money.e4(quantity.value);
    if (price !== null && many !== null) amount.value = money.written(money.multiply(many, price));
  }

  const total = () => [...lines.body.rows].reduce((sum, row) => sum + (money.fen(cell(row, "amount").value) || 0n), 0n);

  /* the list (清单) ----------------------------------------------------------------------------------------- */

  const list = rowsIn(by("list"), {
    most: LIST_MAX,
    idle: ["related_item_code"],
    columns: [
      { name: "related_item_code", label: "对应项目", kind: "text" }, { name: "code", label: "明细编码", kind: "text", longest: 50 }, { name: "name", label: "明细名称", kind: "text", longest: 200 },
      { name: "measure", label: "单位", kind: "text", longest: 20 }, { name: "standard", label: "单价", kind: "num" }, { name: "quantity", label: "数量", kind: "num" },
      { name: "amount", label: "金额", kind: "num" }, { name: "remark", label: "备注", kind: "text", longest: 200 },
    ],
  });

  /* A row of the list may be negative and has four places. */
  function reckonListRow(row, changed) {
    const amount = cell(row, "amount"), sum = money.reckon(amount.value);
    if (changed === "amount") { if (sum !== null) amount.value = money.written(sum); return; }
    const price = money.signedE4(cell(row, "standard").value), many = money.signedE4(cell(row, "quantity").value);
    if (price !== null && many !== null && ["standard", "quantity"].includes(changed)) amount.value = money.writtenE4(money.multiplyE4(many, price));
  }

  const listTotal = () => list.counted().reduce((sum, row) => sum + (money.signedE4(cell(row, "amount").value) || 0n), 0n);

  function listBody() {
    return list.counted().map((row) => {
      const made = Object.fromEntries(Object.entries(list.read(row)).filter(([, value]) => value));
      for (const name of ["standard", "quantity", "amount"]) if (made[name]) made[name] = plain(made[name]);
      return made;
    });
  }

  function writeList(given) {
    list.body.replaceChildren();
    for (const one of given) { const row = list.add(); if (row) list.fill(row, one); }
    by("list-panel").classList.toggle("used", given.length > 0);
  }

  const tableOf = (place) => [lines, list].find((one) => one.body.contains(place));

  /* the body ------------------------------------------------------------------------------------------------ */

  function plain(text) {
    return text.replace(/[,，]/g, "").trim();
  }

  function body() {
    const made = { business_number: number, payer: {}, extension: {}, lines: [] };
    for (const one of fields()) {
      const [, head, rest] = one.dataset.pointer.split("/"), text = one.value.trim();
      if (rest === undefined) { if (text) made[head] = text; } else if (text) made[head][rest] = head === "extension" ? plainOwn(rest, text) : text;
    }
    made.payer.name = made.payer.name || "";
    for (const row of lines.counted()) {
      const line = { item_code: cell(row, "item_code").value.trim(), quantity: plain(cell(row, "quantity").value), amount: plain(cell(row, "amount").value) };
      if (cell(row, "standard").value.trim()) line.standard = plain(cell(row, "standard").value);
      if (cell(row, "remark").value.trim()) line.remark = cell(row, "remark").value.trim();
      made.lines.push(line);
    }
    const listed = listBody();
    if (listed.length) made.aux_lines = listed;
    if (!Object.keys(made.extension).length) delete made.extension;
    return made;
  }

  function plainOwn(name, text) {
    const own = (typeOf(billType()) || { fields: [] }).fields.find((one) => one.name === name);
    if (own && own.kind === "amount") return plain(text);
    const day = own && own.kind === "date" && /^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?$/.exec(text);
    return day ? `${day[1]}-${day[2].padStart(2, "0")}-${day[3].padStart(2, "0")}` : text;
  }

  /* Where a fault stands: the rows that count, in the order of the body. */
  function at(pointer) {
    const [, head, place, name] = pointer.split("/"), table = { lines, aux_lines: list }[head];
    if (!table) return field(pointer) || null;
    const row = place === undefined ? table.body.rows[0] : table.counted()[Number(place)];
    return row ? cell(row, name || "") || cell(row, table === lines ? "item_code" : "name") : null;
  }

  function write(filled) {
    if (filled.bill_type && typeOf(filled.bill_type)) by("w-type").value = filled.bill_type;
    drawOwn();
    for (const one of fields()) {
      const [, head, rest] = one.dataset.pointer.split("/");
      if (head === "bill_type") continue;
      const value = rest === undefined ? filled[head] : (filled[head] || {})[rest];
      if (value !== undefined && value !== null) one.value = value;
    }
    lines.body.replaceChildren();
    writeLines(filled.lines || []);
    writeList(filled.aux_lines || []);
  }

  function writeLines(given) {
    for (const row of [...lines.body.rows]) if (isEmpty(row)) row.remove();
    for (const one of given) {
      const row = addLine();
      if (!row) break;
      lines.fill(row, one);
      show(row);
      if (!one.amount) reckonLine(row, "quantity");
    }
    addLine();
    lines.number();
  }

  function clear(next) {
    const keep = new Map(["/bill_type", "/checker", "/pay_mode", "/payer/type"].map((pointer) => [pointer, field(pointer).value]));
    for (const one of fields()) one.value = keep.get(one.dataset.pointer) ?? "";
    lines.body.replaceChildren();
    addLine();
    writeList([]);
    if (next) { number = next; by("business-number").textContent = next; }
  }

  function know(found) {
    items = found.map(([code, name, measure, least, most, initials]) => ({ code, name, measure, least, most, initials }));
    byCode = new Map(items.map((one) => [one.code, one]));
    for (const row of lines.body.rows) show(row);
    by("items-known").textContent = `可收项目 ${items.length} 个`;
  }

  /* By code, name, or first letters of the name; what begins with it first. */
  function search(typed) {
    const wanted = typed.trim().toLowerCase();
    if (!wanted) return items;
    const rank = (one) =>
      one.code === wanted ? 0 : one.code.startsWith(wanted) ? 1 : one.initials.startsWith(wanted) ? 2 : one.name.toLowerCase().startsWith(wanted) ? 2
        : one.name.toLowerCase().includes(wanted) ? 3 : one.initials.includes(wanted) ? 4 : one.code.includes(wanted) ? 5 : 9;
    return items.map((one) => [rank(one), one]).filter(([place]) => place < 9).sort((a, b) => a[0] - b[0]).map(([, one]) => one);
  }

  const isTyped = () => lines.counted().length > 0 || list.counted().length > 0 || ["/payer/name", "/payer/code", "/payer/phone", "/payer/email", "/remark"].some((pointer) => field(pointer).value.trim())
    || fields().some((one) => one.dataset.pointer.startsWith("/extension/") && one.value.trim());

  return {
    start, by, element, lines, list, tableOf, fields, field, billType, drawOwn, addLine, cell, isEmpty, itemOf, isFixed, take, show, reckonLine, total,
    reckonListRow, listTotal, body, at, write, writeLines, clear, know, search, isTyped, number: () => number,
  };
})();
