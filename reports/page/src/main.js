// The page of a report: an overview of its campaigns, and a page for each finding (#finding-1, #finding-2, ...).
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { element, plural } from "./dom.js";
import { overview } from "./overview.js";
import { findingPage } from "./finding.js";
import { forgetListeners, startTheme, themeSwitch } from "./theme.js";

const report = JSON.parse(document.getElementById("report-data").textContent);
const page = document.getElementById("page");
let leave = () => {};

function header(title, crumbs) {
  return element("header.top", {}, element("nav", { "aria-label": "Pages" }, crumbs), element("h1", { tabindex: "-1" }, title), themeSwitch());
}

function links(current) {
  const all = report.findings.length;
  const to = (n) => element("a", { href: `#finding-${n}`, "aria-label": `Finding ${n}` }, n < current ? "‹ previous" : "next ›");
  return [
    current ? element("a", { href: "#" }, "Overview") : element("span", { "aria-current": "page" }, "Overview"),
    current ? element("span.muted", {}, `finding ${current} of ${all}`) : element("span.muted", {}, all ? plural(all, "finding") : "no findings"),
    current > 1 ? to(current - 1) : null,
    current && current < all ? to(current + 1) : null,
  ];
}

function show(moveFocus) {
  leave();
  leave = () => {};
  forgetListeners();
  const wanted = /^#finding-(\d+)$/.exec(location.hash);
  const finding = wanted && report.findings[Number(wanted[1]) - 1];
  document.title = finding ? finding.signature : report.title;
  if (finding) {
    const number = Number(wanted[1]);
    const made = findingPage(finding);
    leave = made.leave;
    page.replaceChildren(header(finding.signature, links(number)), element("main", {}, made.nodes));
  } else {
    page.replaceChildren(header(report.title, links(0)), element("main", {}, overview(report)));
  }
  window.scrollTo(0, 0);
  if (moveFocus) page.querySelector("h1").focus({ preventScroll: true });
}

startTheme();
window.addEventListener("hashchange", () => show(true));
show(false);
