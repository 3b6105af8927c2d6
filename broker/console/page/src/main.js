// The console: a view for each hash (#/topics/orders), which asks again and again while it is looked at.
import "uplot/dist/uPlot.min.css";
import "../../../../reports/page/src/style.css";
import "./style.css";
import { element } from "../../../../reports/page/src/dom.js";
import { forgetListeners, startTheme, themeSwitch } from "../../../../reports/page/src/theme.js";
import { access } from "./access.js";
import { setToken } from "./ask.js";
import { configs } from "./configs.js";
import { group, groups } from "./groups.js";
import { overview } from "./overview.js";
import { topic, topics } from "./topics.js";
import { fill, link, notice } from "./views.js";

const page = document.getElementById("page");
const tabs = [
  [[""], "Overview"],
  [["topics"], "Topics"],
  [["groups"], "Groups"],
  [["configs"], "Configuration"],
  [["access"], "Access"],
];
let running = null; // of the view that is shown: ends its questions

function pathNow() {
  try {
    return location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  } catch {
    return [""]; // a % that begins nothing
  }
}

function viewOf([first, name]) {
  if (first === "topics") return name ? topic(name) : topics();
  if (first === "groups") return name ? group(name) : groups();
  if (first === "configs") return configs(name || undefined);
  if (first === "access") return access();
  return overview();
}

function askForToken(place, again, wrong) {
  const field = element("input", { type: "password", id: "token", autocomplete: "off", "aria-label": "Token", required: true });
  fill(
    place,
    element(
      "form.card.token",
      {
        submit: (event) => {
          event.preventDefault();
          setToken(field.value.trim());
          fill(place);
          again();
        },
      },
      element("h2", {}, "This broker wants its token"),
      element("p.note", {}, "The content of the file that its admin.http.token.file names. It is kept until this page is closed, and nowhere else."),
      wrong ? notice("bad", "That was not it") : null,
      field,
      element("button.small.primary", { type: "submit" }, "Go on"),
    ),
  );
  field.focus();
}

function show(moveFocus) {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  forgetListeners();
  const path = pathNow();
  const view = viewOf(path);
  const trouble = element("div", { id: "trouble" });
  const status = element("span.where", { id: "status" }, "…");
  const main = element("main", { id: "view" }, view.nodes);
  document.title = `${view.title} · Fulmar`;
  page.replaceChildren(
    element(
      "header.top",
      {},
      element("a.skip", { href: "#view", click: (event) => (event.preventDefault(), main.querySelector("a, button, input")?.focus()) }, "Skip to the content"),
      element(
        "nav",
        { "aria-label": "Pages" },
        tabs.map(([to, text]) => {
          const made = link(to, text);
          if (to[0] === path[0]) made.setAttribute("aria-current", "page");
          return made;
        }),
      ),
      element("h1", { tabindex: "-1" }, view.crumbs ? [view.crumbs, " › "] : null, view.title),
      status,
      themeSwitch(),
    ),
    trouble,
    main,
  );
  let timer = 0;
  let tried = false;
  let known = false; // something is shown
  const refresh = async () => {
    clearTimeout(timer);
    try {
      const what = await view.refresh(signal);
      if (signal.aborted) return;
      known = tried = true;
      fill(trouble);
      main.hidden = false;
      status.textContent = `${what} · ${new Date().toLocaleTimeString("en-GB")}`;
      main.dataset.rounds = String(Number(main.dataset.rounds ?? 0) + 1);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 401) {
        main.hidden = true;
        askForToken(trouble, refresh, tried);
        tried = true;
        return;
      }
      fill(trouble, notice("bad", known ? "This is no longer up to date" : "Nothing can be shown", error.message));
      main.hidden = !known;
    }
    if (!signal.aborted) timer = setTimeout(() => (document.hidden ? wait() : refresh()), view.period);
  };
  // Nobody looks: nobody asks.
  const wait = () => document.addEventListener("visibilitychange", () => (document.hidden ? wait() : refresh()), { once: true, signal });
  view.again = refresh;
  refresh();
  window.scrollTo(0, 0);
  if (moveFocus) page.querySelector("h1").focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  const search = document.getElementById("search");
  if (search) search.focus();
  else location.hash = "#/topics";
  event.preventDefault();
});
startTheme();
window.addEventListener("hashchange", () => show(true));
show(false);
