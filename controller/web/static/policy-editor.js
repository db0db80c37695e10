// A policy's text with line numbers, what is refused beside its line, and words from the language's own schema.
"use strict";

document.addEventListener("alpine:init", () => {
  Alpine.data("policyEditor", () => ({
    schema: null,
    findings: [],
    state: "",
    words: [],
    chosen: 0,
    waiting: 0,
    asked: 0,

    async init() {
      this.number();
      const reply = await fetch("/api/v1/policy/schema").catch(() => null);
      if (reply && reply.ok) this.schema = await reply.json();
      if (this.$refs.text.value.trim()) this.lint();
    },

    changed() {
      this.number();
      clearTimeout(this.waiting);
      this.state = "";
      this.waiting = setTimeout(() => this.lint(), 700);
      this.suggest(false);
    },

    number() {
      const { text, gutter } = this.$refs;
      const marked = new Set(this.findings.map((one) => one.line));
      const lines = text.value.split("\n").length;
      if (gutter.childElementCount === lines && !this.remark) return;
      this.remark = false;
      gutter.replaceChildren(...Array.from({ length: lines }, (_, at) => {
        const line = document.createElement("span");
        line.textContent = String(at + 1);
        if (marked.has(at + 1)) line.className = "marked";
        return line;
      }));
      this.scrolled();
    },

    scrolled() { this.$refs.gutter.scrollTop = this.$refs.text.scrollTop; },

    async lint() {
      const asked = ++this.asked;
      this.state = "checking …";
      const reply = await fetch("/api/v1/policy/lint", {
        method: "POST", headers: { "content-type": "application/yaml" }, body: this.$refs.text.value,
      }).catch(() => null);
      if (asked !== this.asked) return;
      if (!reply || !reply.ok) { this.state = "It could not be checked just now; the preview checks it again."; return; }
      const { refused } = await reply.json();
      this.findings = refused.slice(0, 20).map((one, at) => ({
        key: at, line: one.line, where: `Line ${one.line}`, why: `${one.why} ${one.cure}`,
        say: `found ${one.found}, expected ${one.expected}.` + (one.nearest ? ` Did you mean “${one.nearest}”?` : ""),
      }));
      this.state = refused.length ? `${refused.length} to mend` : "Nothing to mend.";
      this.remark = true;
      this.number();
    },

    jump() {
      const line = Number(this.$el.dataset.line);
      const text = this.$refs.text;
      const lines = text.value.split("\n");
      const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
      text.focus();
      text.setSelectionRange(start, start + lines[line - 1].length);
      text.scrollTop = Math.max(0, (line - 5) * parseFloat(getComputedStyle(text).lineHeight));
    },

    // --- completion ---

    keyed(event) {
      if (event.ctrlKey && event.code === "Space") { event.preventDefault(); this.suggest(true); return; }
      if (!this.words.length) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) { event.preventDefault(); this.chosen = (this.chosen + step + this.words.length) % this.words.length; this.mark(); }
      if (event.key === "Escape") { event.preventDefault(); this.words = []; }
      if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); this.put(this.words[this.chosen].word); }
    },

    mark() { this.words = this.words.map((one, at) => ({ ...one, now: at === this.chosen })); },

    pick() { this.put(this.$el.dataset.word); },

    put(word) {
      const text = this.$refs.text;
      const end = text.selectionStart;
      const start = end - this.typed().length;
      text.setRangeText(word, start, end, "end");
      this.words = [];
      text.focus();
      this.changed();
      this.words = [];
    },

    typed() {
      const { value, selectionStart } = this.$refs.text;
      return /[A-Za-z0-9_+-]*$/.exec(value.slice(0, selectionStart))[0];
    },

    suggest(always) {
      const typed = this.typed();
      if (!this.schema || (!always && typed.length < 2)) { this.words = []; return; }
      const known = this.known().filter((one) => one.word.startsWith(typed) && one.word !== typed);
      this.chosen = 0;
      this.words = known.slice(0, 8).map((one, at) => ({ ...one, now: at === 0 }));
    },

    // The keys above the cursor, by their indentation, and whether a value is being written.
    place() {
      const { value, selectionStart } = this.$refs.text;
      const lines = value.slice(0, selectionStart).split("\n");
      const here = lines.pop();
      const path = [];
      let depth = /^[\s-]*/.exec(here)[0].length;
      for (let at = lines.length - 1; at >= 0 && depth > 0; at--) {
        const found = /^(\s*(?:- )?)([A-Za-z0-9_-]+):/.exec(lines[at]);
        if (found && found[1].length < depth) { path.unshift(found[2]); depth = found[1].length; }
      }
      // Within braces or after a colon on the same line, the keys that are open there.
      const open = here.replace(/\{[^{}]*\}/g, "").replace(/\[[^[\]]*\]/g, "");
      const inline = [...open.matchAll(/([A-Za-z0-9_-]+):\s*([{[])?/g)];
      const last = inline.at(-1);
      const valued = last && !last[2] && /:\s*[\w+-]*$/.test(open);
      for (const one of inline) if (one[2] || (valued && one === last)) path.push(one[1]);
      return { path, valued: Boolean(valued) };
    },

    known() {
      const { path, valued } = this.place();
      let nodes = this.open([this.schema]);
      for (const key of path) nodes = this.open(nodes.flatMap((node) => this.under(node, key)));
      const found = new Map();
      for (const node of nodes) {
        for (const word of node.enum || []) found.set(String(word), node.description || "");
        if (!valued) for (const [word, one] of Object.entries(node.properties || {})) found.set(word, one.description || "");
      }
      return [...found].map(([word, about]) => ({ word, about, now: false }));
    },

    under(node, key) {
      const named = (node.properties || {})[key];
      if (named) return [named];
      return typeof node.additionalProperties === "object" ? [node.additionalProperties] : [];
    },

    // A schema with its references, alternatives and list items opened.
    open(nodes) {
      const all = [];
      const seen = new Set();
      const todo = [...nodes];
      while (todo.length) {
        const node = todo.pop();
        if (!node || seen.has(node)) continue;
        seen.add(node);
        all.push(node);
        if (node.$ref) todo.push(node.$ref.replace("#/", "").split("/").reduce((at, step) => at && at[step], this.schema));
        todo.push(...(node.anyOf || []), ...(node.oneOf || []), ...(node.allOf || []));
        if (node.items) todo.push(node.items);
      }
      return all;
    },
  }));
});
