// Draws what a page says in data-chart; the table beside it says the same without this file.
"use strict";

(() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Levels lie across the plot, marks stand upright in it; both carry a few words.
  const lines = (chart) => (plot) => {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio || 1;
    ctx.save();
    ctx.font = `${12 * ratio}px system-ui, sans-serif`;
    ctx.lineWidth = ratio;
    ctx.setLineDash([4 * ratio, 4 * ratio]);
    ctx.strokeStyle = ctx.fillStyle = css("--soft");
    for (const [value, words] of chart.levels) {
      const y = Math.round(plot.valToPos(value, "y", true));
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.beginPath(); ctx.moveTo(bbox.left, y); ctx.lineTo(bbox.left + bbox.width, y); ctx.stroke();
      ctx.textAlign = "right";
      ctx.fillText(`${value} ${words}`, bbox.left + bbox.width - 6 * ratio, y - 5 * ratio);
    }
    chart.marks.forEach(([value, words], at) => {
      const x = Math.round(plot.valToPos(value, "x", true));
      if (x < bbox.left || x > bbox.left + bbox.width) return;
      ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke();
      ctx.textAlign = x > bbox.left + bbox.width / 2 ? "right" : "left";
      ctx.fillText(words, x + (ctx.textAlign === "right" ? -6 : 6) * ratio, bbox.top + (14 + 15 * (at % 3)) * ratio);
    });
    ctx.restore();
  };

  const day = new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "short" });
  const hour = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const times = (_, splits, __, ___, every) => splits.map((s) => {
    const at = new Date(s * 1000);
    return every >= 86400 || !(at.getHours() || at.getMinutes()) ? day.format(at) : hour.format(at);
  });

  const draw = (figure) => {
    const chart = JSON.parse(figure.dataset.chart);
    if (!chart.x.length) return;
    figure.replaceChildren();
    const colours = [css("--accent"), css("--busy"), css("--no"), css("--yes")];
    const axis = { stroke: css("--soft"), grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line") } };
    const paths = { step: uPlot.paths.stepped({ align: 1 }), bar: uPlot.paths.bars({ size: [0.8, 60] }) }[chart.kind];
    const series = chart.labels.map((label, at) => ({
      label, stroke: colours[at % 4], width: 2, spanGaps: true, points: { show: chart.kind === "line" && chart.x.length < 60 },
      ...(paths ? { paths } : {}), ...(chart.kind === "bar" ? { fill: colours[at % 4] } : {}),
    }));
    const range = (_, low, high) => [chart.lowest ?? Math.min(0, low), (chart.highest ?? high * 1.08) || 1];
    const options = {
      width: figure.clientWidth, height: Math.max(180, Math.min(300, figure.clientWidth * 0.5)),
      scales: { x: { time: chart.time }, y: { range } }, axes: [chart.time ? { ...axis, values: times } : axis, { ...axis, size: 54 }],
      series: [{ label: chart.time ? "time" : chart.across }, ...series], legend: { show: chart.labels.length > 1 },
      cursor: { y: false }, hooks: { draw: [lines(chart)] },
    };
    new uPlot(options, [chart.x, ...chart.y], figure);
  };

  const all = () => document.querySelectorAll("[data-chart]").forEach(draw);
  addEventListener("DOMContentLoaded", all);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  let width = 0;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; all(); } });
})();
