// Elements, and the text that appears on hover and focus.

// h("p", { class: "soft" }, "text", child): text is never read as HTML.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const tip = () => document.getElementById("tip");

export function showTip(text, x, y) {
  const box = tip();
  box.textContent = text;
  box.hidden = false;
  const width = box.offsetWidth;
  const height = box.offsetHeight;
  box.style.left = `${Math.max(4, Math.min(x + 12, window.innerWidth - width - 8))}px`;
  box.style.top = `${y + 16 + height > window.innerHeight ? Math.max(4, y - height - 12) : y + 16}px`;
}

export function hideTip() {
  tip().hidden = true;
}

export function announce(text) {
  document.getElementById("live").textContent = text;
}

// Shows `text` while the pointer or the focus is on the element.
export function explain(element, text) {
  if (!text) return element;
  element.setAttribute("aria-description", text);
  element.addEventListener("pointermove", (event) => showTip(text, event.clientX, event.clientY));
  element.addEventListener("pointerleave", hideTip);
  element.addEventListener("focus", () => {
    const box = element.getBoundingClientRect();
    showTip(text, box.left, box.bottom - 12);
  });
  element.addEventListener("blur", hideTip);
  return element;
}

// A word that explains itself.
export function term(word, meaning) {
  if (!meaning) return document.createTextNode(word);
  return explain(h("span", { class: "term", tabindex: "0" }, word), meaning);
}

// Text of marks in a drawing, under the pointer.
export function tipOf(selection, text) {
  return selection
    .on("pointermove.tip", (datum) => showTip(text(datum), d3.event.clientX, d3.event.clientY))
    .on("pointerleave.tip", hideTip);
}

export function note(text, kind = "") {
  return h("p", { class: `note ${kind}` }, text);
}

export function choice(name, options, selected, onChange) {
  const select = h("select", { onchange: (event) => onChange(event.target.value) },
    options.map(([value, text]) => h("option", { value, selected: value === selected }, text)));
  return h("label", {}, `${name} `, select);
}

export function legend(entries) {
  return h("ul", { class: "legend" },
    entries.map(([colour, text]) => h("li", {}, h("i", { style: `background:${colour}` }), text)));
}
