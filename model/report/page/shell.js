// What the pages share: sections, the theme, the first drawing.
import { h, note } from "./dom.js";
import { redrawAll } from "./frame.js";

// A picture that cannot be drawn does not take the others with it.
function drawSection([id, title, text, make]) {
  const section = h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), h("p", { class: "soft" }, text));
  try {
    section.append(...make().filter(Boolean));
  } catch (error) {
    console.error(error);
    section.append(note(`This picture cannot be drawn: ${error.message}`, "problem"));
  }
  return section;
}

export function drawSections(sections) {
  document.getElementById("main").replaceChildren(...sections.map(drawSection));
}

export function hashParameters() {
  return new URLSearchParams(window.location.hash.slice(1));
}

// The page follows the system until the button is pressed.
function themes() {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const label = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; label(); });
  dark.addEventListener("change", label);
  label();
}

// sections: [id, title, text, make]; make() returns the content. followHash() opens what the address names.
export function startPage(version, sections, followHash) {
  themes();
  document.getElementById("sections").append(...sections.map(([id, title]) => h("li", {}, h("a", { href: `#${id}` }, title))));
  document.getElementById("about").append(h("p", { class: "soft" }, `Made by tablewalk ${version}. Charts: D3 (Copyright Mike Bostock, BSD 3-clause licence). This file needs no network.`));
  drawSections(sections);
  followHash();
  window.addEventListener("hashchange", followHash);
  window.addEventListener("resize", redrawAll);
  document.documentElement.dataset.ready = "true";
}
