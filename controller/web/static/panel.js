// What the pages do beyond links and forms: they work without this file.
"use strict";

// The live list keeps its newest fifty lines.
document.addEventListener("htmx:sseMessage", (event) => {
  const list = event.target.closest("[data-keep]");
  if (list) while (list.children.length > Number(list.dataset.keep)) list.lastElementChild.remove();
  const empty = document.getElementById("live-empty");
  if (empty && list) empty.hidden = true;
});

// Choosing a file means that file and not the portrait ticked before.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form) return;
  if (event.target.type === "file" && event.target.files.length) {
    const own = form.querySelector('input[name="portrait"][value=""]');
    if (own) own.checked = true;
  }
  if (event.target.name === "portrait" && event.target.value !== "") {
    const file = form.querySelector('input[type="file"]');
    if (file) file.value = "";
  }
});

// After a step up, the result is what matters: move there, for eyes and for screen readers.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "result") return;
  const heading = event.target.querySelector("h2");
  if (heading) heading.focus({ preventScroll: true });
  event.target.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
});
