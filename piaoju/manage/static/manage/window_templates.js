/* The templates of an issuing point (模板): shown, kept from what stands on the page, used, dropped. */
const templates = (used) => {
  const { start, by, element } = sheet;

  function show() {
    by("template-list").replaceChildren(...start.templates.map((one, place) => {
      const take = element("button", { class: "btn", type: "button", text: `${one.name}（${one.lines.length} 项）` });
      take.addEventListener("click", () => use(place));
      const drop = element("button", { class: "btn low", type: "button", text: "删除", "aria-label": `删除模板 ${one.name}` });
      drop.addEventListener("click", () => change("drop_template", { id: one.id }));
      return element("li", {}, take, drop);
    }));
    by("no-templates").hidden = start.templates.length > 0;
    by("template-fault").hidden = true;
    if (!by("templates").open) by("templates").showModal();
    (by("template-list").querySelector("button") || by("template-name")).focus();
  }

  function use(place) {
    const one = start.templates[place];
    if (!one) return;
    by("templates").close();
    used(one);
  }

  async function change(what, more) {
    try {
      start.templates = (await talk.post(what, more)).templates;
      by("template-name").value = "";
      show();
    } catch (error) {
      if (error instanceof talk.SignedOut) { by("templates").close(); talk.signedOut(); return; }
      by("template-fault").textContent = error.message || "网络断了，模板没有存";
      by("template-fault").hidden = false;
    }
  }

  by("template-keep").addEventListener("click", () => change("template", { name: by("template-name").value }));
  return { show, use };
};
