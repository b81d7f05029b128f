/* Charts beside their tables, the switch 图 | 表, and figures that follow. Without it the tables stand alone. */
(() => {
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(name).trim();
  const font = { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, color: colour("--ink-2") };
  const charts = [];
  const still = { animation: false, textStyle: font, aria: { enabled: false } };
  const axis = { axisLine: { lineStyle: { color: colour("--ink-3") } }, axisTick: { show: false }, axisLabel: { ...font }, splitLine: { lineStyle: { color: colour("--line") } } };

  const kinds = {
    rate(read) {
      const rates = read.units.map((units, i) => (units ? (100 * read.online[i]) / units : null));
      const last = rates.length - 1;
      return {
        grid: { left: 44, right: 64, top: 28, bottom: 28 },
        xAxis: { type: "category", data: read.days, ...axis, splitLine: { show: false } },
        yAxis: { type: "value", name: "%", nameTextStyle: font, min: 0, max: 100, ...axis },
        series: [{
          type: "line", data: rates, symbol: "circle", symbolSize: 5, lineStyle: { width: 2, color: colour("--accent") }, itemStyle: { color: colour("--accent") },
          endLabel: { show: rates[last] !== null, formatter: () => `${rates[last].toFixed(1)}%`, color: colour("--ink"), fontWeight: 600 },
        }],
      };
    },
    flow(read) {
      const unit = scale([...read.now, ...read.was]);
      const shown = (fens) => fens.map((fen) => (fen === null ? null : fen / unit.fen));
      const now = shown(read.now), last = now.reduce((at, value, i) => (value === null ? at : i), -1);
      return {
        grid: [{ left: 60, right: 72, top: 28, bottom: 84 }, { left: 60, right: 72, height: 32, bottom: 24 }],
        xAxis: [
          { type: "category", data: read.labels, ...axis, splitLine: { show: false } },
          { type: "category", gridIndex: 1, data: read.labels, ...axis, axisLabel: { show: false }, splitLine: { show: false } },
        ],
        yAxis: [
          { type: "value", name: unit.name, nameTextStyle: font, ...axis },
          { type: "value", gridIndex: 1, name: "冲红", nameLocation: "middle", nameRotate: 0, nameGap: 24, nameTextStyle: font, ...axis, axisLabel: { show: false }, splitLine: { show: false } },
        ],
        series: [
          { type: "line", data: shown(read.was), symbol: "none", lineStyle: { width: 1.5, type: "dashed", color: colour("--field") } },
          {
            type: "line", data: now, symbol: "none", lineStyle: { width: 2, color: colour("--accent") }, itemStyle: { color: colour("--accent") }, areaStyle: { color: colour("--tint"), opacity: 1 },
            markPoint: last < 0 ? undefined : { symbol: "circle", symbolSize: 8, data: [{ coord: [last, now[last]] }], label: { show: true, position: "right", formatter: () => now[last].toFixed(2), color: colour("--ink"), fontWeight: 600 } },
          },
          { type: "bar", xAxisIndex: 1, yAxisIndex: 1, data: read.red, barWidth: "45%", itemStyle: { color: colour("--seal") } },
        ],
      };
    },
  };

  function scale(fens) {
    const most = Math.max(0, ...fens.filter((fen) => fen !== null).map(Math.abs));
    if (most >= 1e10) return { fen: 1e10, name: "亿元" };
    if (most >= 1e6) return { fen: 1e6, name: "万元" };
    return { fen: 100, name: "元" };
  }

  async function map(place, shapes) {
    const answer = await fetch(place.dataset.map, { credentials: "same-origin" });
    if (!answer.ok) return;
    const drawn = await answer.json();
    drawn.features.forEach((one) => { one.properties.name = String(one.properties.code); });
    echarts.registerMap("boundary", drawn);
    const chart = echarts.init(place, null, { renderer: "canvas" });
    charts.push(chart);
    const step = { b0: "#ffffff", b1: colour("--s1"), b2: colour("--s2"), b3: colour("--s3"), b4: colour("--s4"), b5: colour("--s5") };
    chart.setOption({ ...still, series: [{
      type: "map", map: "boundary", roam: false, selectedMode: false,
      data: Object.entries(shapes).map(([code, one]) => ({ name: code, itemStyle: { areaColor: step[one.step], borderColor: colour("--line-2") } })),
      emphasis: { label: { show: true, formatter: (of) => (shapes[of.name] ? `${shapes[of.name].name} ${shapes[of.name].rate}` : ""), color: colour("--ink") }, itemStyle: { areaColor: colour("--tint") } },
    }] });
    chart.on("click", (of) => { if (shapes[of.name]) location.assign(shapes[of.name].href); });
  }

  function draw(place) {
    const read = JSON.parse(document.getElementById(place.dataset.echart).textContent);
    if (place.dataset.map) { map(place, read); return; }
    const chart = echarts.init(place, null, { renderer: "canvas" });
    chart.setOption({ ...still, ...kinds[read.kind](read) });
    charts.push(chart);
  }

  function look(panel, wanted) {
    panel.querySelectorAll("[data-look]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.look === wanted)));
    panel.querySelectorAll("[data-show]").forEach((part) => { part.hidden = part.dataset.show !== wanted; });
    charts.forEach((chart) => chart.resize());
  }

  function begin(root) {
    root.querySelectorAll("[data-echart]").forEach(draw);
    root.querySelectorAll(".looked").forEach((panel) => {
      panel.querySelectorAll("[data-look]").forEach((button) => button.addEventListener("click", () => look(panel, button.dataset.look)));
      look(panel, "chart");
    });
  }

  begin(document);
  window.addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
})();
