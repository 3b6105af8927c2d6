// How long the console takes to show and search many topics, in a headless Chromium: bench/admin.py runs the broker.
//   node console_times.js URL TOPICS ROUNDS
// Prints medians and the worst, in ms.
import { createRequire } from "node:module";
import { existsSync } from "node:fs";

const tests = createRequire(new URL("../tests/page/", import.meta.url));
const { default: puppeteer } = await import(tests.resolve("puppeteer-core"));
const [url, topics, rounds] = process.argv.slice(2);
const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const took = {};
const note = (what, ms) => (took[what] ??= []).push(ms);
const wanted = Number(topics).toLocaleString("en") + " topics";

for (let round = 0; round < Number(rounds); ++round) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 850 });
  const begun = performance.now();
  await page.goto(url + "#/topics");
  await page.waitForFunction((text) => document.getElementById("status")?.textContent.startsWith(text), { polling: "raf" }, wanted);
  note("open the list of topics, until it is shown", performance.now() - begun);
  // Until what a key changes is painted.
  const acts = await page.evaluate(async () => {
    const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const timed = async (act) => {
      const from = performance.now();
      act();
      await painted();
      return performance.now() - from;
    };
    const search = document.getElementById("search");
    const type = (text) => {
      search.value = text;
      search.dispatchEvent(new Event("input"));
    };
    const button = (key) => document.querySelector(`button[data-key="${key}"]`);
    const answered = performance.now();
    const list = await (await fetch("api/topics?sizes=true&count=1000")).text();
    return {
      "the broker's answer with all of them": performance.now() - answered,
      "the same without sizes": await (async () => {
        const from = performance.now();
        await (await fetch("api/topics?count=1000")).text();
        return performance.now() - from;
      })(),
      "search: the first letter": await timed(() => type("t")),
      "search: down to ten": await timed(() => type("t050")),
      "search: cleared": await timed(() => type("")),
      "sort by another column": await timed(() => button("sort Partitions").click()),
      "show 500 more": await timed(() => button("more").click()),
      "(kB of the answer)": list.length / 1000,
    };
  });
  for (const [what, ms] of Object.entries(acts)) note(what, ms);
  const { JSHeapUsedSize } = await page.metrics();
  note("(MB of the page's heap)", JSHeapUsedSize / 1e6);
  await page.close();
}
await browser.close();
for (const [what, all] of Object.entries(took)) {
  all.sort((a, b) => a - b);
  console.log(`${what}: median ${all[all.length >> 1].toFixed(1)}, worst ${all.at(-1).toFixed(1)}`);
}
