/* The sheet: the fields and lines of one bill, read as the body of POST /bills and written back from one. Knows no network. */
const sheet = (() => {
  const start = JSON.parse(document.getElementById("window-start").textContent);
  const by = (id) => document.getElementById(id);
  const lines = by("lines");
  const LINES_MAX = 1000;
  let items = [], byCode = new Map(), number = start.business_number, extras = {};

  const element = (tag, more = {}, ...inside) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(more)) name === "text" ? (made.textContent = value) : made.setAttribute(name, value);
    made.append(...inside);
    return made;
  };

  /* fields -------------------------------------------------------------------------------------------------- */

  const fields = () => [...document.querySelectorAll("#window [data-pointer]")].filter((one) => !one.closest("#lines"));
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
    const kind = typeOf(billType()) || { name: "", bill_code: "" };
    by("face-title").textContent = kind.name;
    by("face-code").textContent = kind.bill_code;
  }

  /* lines --------------------------------------------------------------------------------------------------- */

  const CELLS = [["item_code", "项目编码"], ["standard", "标准"], ["quantity", "数量"], ["amount", "金额"]];

  function addLine(after = null) {
    if (lines.rows.length >= LINES_MAX) return null;
    const row = element("tr", {}, element("td", { class: "plain num muted" }));
    const cells = Object.fromEntries(CELLS.map(([name]) => [name, element("input", { class: name === "item_code" ? "in" : "in num", "data-cell": name })]));
    Object.assign(cells.item_code, { autocomplete: "off" });
    for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", "pick"], ["aria-autocomplete", "list"]]) cells.item_code.setAttribute(name, value);
    for (const name of ["standard", "quantity", "amount"]) cells[name].inputMode = "decimal";
    row.append(
      element("td", {}, cells.item_code), element("td", { class: "plain", "data-name": "" }), element("td", { class: "plain", "data-measure": "" }),
      element("td", {}, cells.standard), element("td", {}, cells.quantity), element("td", {}, cells.amount),
    );
    after ? after.after(row) : lines.append(row);
    numberLines();
    return row;
  }

  function numberLines() {
    [...lines.rows].forEach((row, place) => {
      row.cells[0].textContent = place + 1;
      for (const [name, label] of CELLS) cell(row, name).setAttribute("aria-label", `第 ${place + 1} 行 ${label}`);
    });
  }

  const cell = (row, name) => row.querySelector(`[data-cell="${name}"]`);
  const isEmpty = (row) => CELLS.every(([name]) => name === "quantity" || cell(row, name).value.trim() === "") && !cell(row, "amount").value;
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
    row.querySelector("[data-name]").textContent = item ? item.name : "";
    row.querySelector("[data-measure]").textContent = item ? item.measure : "";
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

  const total = () => [...lines.rows].reduce((sum, row) => sum + (money.fen(cell(row, "amount").value) || 0n), 0n);

  /* the body ------------------------------------------------------------------------------------------------ */

  function plain(text) {
    return text.replace(/[,，]/g, "").trim();
  }

  function body() {
    const made = { ...extras, business_number: number, payer: {}, extension: {}, lines: [] };
    for (const one of fields()) {
      const [, head, rest] = one.dataset.pointer.split("/"), text = one.value.trim();
      if (rest === undefined) { if (text) made[head] = text; } else if (text) made[head][rest] = head === "extension" ? plainOwn(rest, text) : text;
    }
    made.payer.name = made.payer.name || "";
    for (const row of lines.rows) {
      if (isEmpty(row)) continue;
      const line = { item_code: cell(row, "item_code").value.trim(), quantity: plain(cell(row, "quantity").value), amount: plain(cell(row, "amount").value) };
      if (cell(row, "standard").value.trim()) line.standard = plain(cell(row, "standard").value);
      made.lines.push(line);
    }
    if (!Object.keys(made.extension).length) delete made.extension;
    return made;
  }

  function plainOwn(name, text) {
    const own = (typeOf(billType()) || { fields: [] }).fields.find((one) => one.name === name);
    if (own && own.kind === "amount") return plain(text);
    const day = own && own.kind === "date" && /^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?$/.exec(text);
    return day ? `${day[1]}-${day[2].padStart(2, "0")}-${day[3].padStart(2, "0")}` : text;
  }

  /* The rows that count as lines, in the order of the body: where a fault of /lines/n stands. */
  const countedRows = () => [...lines.rows].filter((row) => !isEmpty(row));

  function at(pointer) {
    const parts = pointer.split("/");
    if (parts[1] === "lines" && parts.length > 2) {
      const row = countedRows()[Number(parts[2])];
      return row ? cell(row, parts[3] || "item_code") || cell(row, "item_code") : null;
    }
    if (pointer === "/lines") return lines.rows[0] ? cell(lines.rows[0], "item_code") : null;
    return field(pointer) || null;
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
    extras = filled.aux_lines ? { aux_lines: filled.aux_lines } : {};
    lines.replaceChildren();
    writeLines(filled.lines || []);
  }

  function writeLines(given) {
    for (const row of [...lines.rows]) if (isEmpty(row)) row.remove();
    for (const one of given) {
      const row = addLine();
      if (!row) break;
      for (const [name] of CELLS) cell(row, name).value = one[name] || "";
      show(row);
      if (!one.amount) reckonLine(row, "quantity");
    }
    addLine();
    numberLines();
  }

  function clear(next) {
    const keep = new Map(["/bill_type", "/checker", "/pay_mode", "/payer/type"].map((pointer) => [pointer, field(pointer).value]));
    for (const one of fields()) one.value = keep.get(one.dataset.pointer) ?? "";
    extras = {};
    lines.replaceChildren();
    addLine();
    if (next) { number = next; by("business-number").textContent = next; }
  }

  function know(found) {
    items = found.map(([code, name, measure, least, most, initials]) => ({ code, name, measure, least, most, initials }));
    byCode = new Map(items.map((one) => [one.code, one]));
    for (const row of lines.rows) show(row);
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

  const isTyped = () => countedRows().length > 0 || ["/payer/name", "/payer/code", "/payer/phone", "/payer/email", "/remark"].some((pointer) => field(pointer).value.trim())
    || fields().some((one) => one.dataset.pointer.startsWith("/extension/") && one.value.trim());

  return {
    start, by, element, lines, fields, field, billType, drawOwn, addLine, cell, isEmpty, itemOf, isFixed, take, show, reckonLine, total, body, at, write,
    writeLines, clear, know, search, isTyped, countedRows, numberLines, number: () => number,
  };
})();
