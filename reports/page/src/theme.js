// Light and dark: by the system's choice until the reader chooses; remembered where the browser allows.
import { element } from "./dom.js";

const listeners = new Set();
const system = matchMedia("(prefers-color-scheme: dark)");
let cache = new Map();
let choice = null; // the reader's

function remembered() {
  try {
    return localStorage.getItem("report-theme");
  } catch {
    return null; // pages opened from files may have no storage
  }
}

function apply() {
  document.documentElement.dataset.theme = choice ?? (system.matches ? "dark" : "light");
  cache = new Map();
  for (const listener of listeners) listener();
}

export const isDark = () => document.documentElement.dataset.theme === "dark";

// The colour --NAME of the style sheet, as it is now.
export function colour(name) {
  if (!cache.has(name))
    cache.set(
      name,
      getComputedStyle(document.documentElement)
        .getPropertyValue("--" + name)
        .trim(),
    );
  return cache.get(name);
}

// Called at each change, until the page is left.
export function onTheme(listener) {
  listeners.add(listener);
}
export function forgetListeners() {
  listeners.clear();
}

export function startTheme() {
  choice = remembered();
  apply();
  system.addEventListener("change", apply);
}

export function themeSwitch() {
  const button = element(
    "button.small",
    {
      type: "button",
      id: "theme",
      "aria-pressed": String(isDark()),
      click: () => {
        choice = isDark() ? "light" : "dark";
        try {
          localStorage.setItem("report-theme", choice);
        } catch {
          // then it is not remembered
        }
        apply();
        button.setAttribute("aria-pressed", String(isDark()));
      },
    },
    "Dark",
  );
  return button;
}
