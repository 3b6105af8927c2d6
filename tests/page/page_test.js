// Looks at reports in a headless browser: those of the canary, and a made-up one of 100,000 happenings.
//   node page_test.js FULMAR_SIM FOLDER
// Leaves screenshots in FOLDER. Exit code 77: skipped, as there is no browser, or npm's packages are not there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { madeUp, pageOf } from "./made_up.js";

const [simulator, folder] = process.argv.slice(2);
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const puppeteer = await import("puppeteer-core").catch(() => null);
if (!browserPath || !puppeteer) {
  console.log("skipped: " + (browserPath ? "npm ci was not run in tests/page" : "there is no Chromium"));
  process.exit(77);
}
mkdirSync(folder, { recursive: true });

// Bounds, in ms, for a machine that is busy with other tests; measured on two quiet cores of 2026: 0.7 s, and 30 ms for the whole life.
const openMax = 8000;
const paintMax = 400;

const browser = await puppeteer.launch({ executablePath: browserPath, args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"] });
let failed = 0;

async function test(name, run) {
  const page = await browser.newPage();
  const wrong = [],
    requested = [];
  page.on("console", (message) => ["error", "warn"].includes(message.type()) && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => requested.push(request.url()));
  await page.setViewport({ width: 1440, height: 900 });
  try {
    await run(page);
    assert.deepEqual(wrong, [], "errors in the console");
    assert.deepEqual(
      requested.filter((url) => !url.startsWith("file:") && !url.startsWith("blob:")),
      [],
      "nothing is loaded from anywhere",
    );
    console.log(`ok      ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAILED  ${name}\n${error.stack}\n${wrong.join("\n")}`);
  }
  await page.close();
}

const settled = (page) => page.evaluate(() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 250)));
const shot = (page, name) => page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
const view = (page) =>
  page.evaluate(() => ({
    from: reportTimeline.scene.view.from,
    to: reportTimeline.scene.view.to,
    selected: reportTimeline.scene.selected?.row ?? null,
    violation: reportTimeline.model.violationAt,
  }));
// Of the diagram, as it is painted.
const picture = (page) => page.$eval(".stage canvas", (canvas) => canvas.toDataURL());
const text = (page, selector) => page.$eval(selector, (element) => element.textContent);

async function open(page, file, hash = "") {
  await page.goto(pathToFileURL(file).href + hash);
  await settled(page);
}

const database = `${folder}/canary.sqlite`,
  canary = `${folder}/canary.html`,
  large = `${folder}/large.html`;
for (const suffix of ["", "-wal", "-shm"]) rmSync(database + suffix, { force: true });
try {
  execFileSync(simulator, ["run", "--scenario", "canary", "--seeds", "1..400", "--report", database], { stdio: "ignore" });
} catch (error) {
  assert.equal(error.status, 1, "the canary fails");
}
execFileSync(simulator, ["report", database, "-o", canary], { stdio: "ignore" });
const template = readFileSync(new URL("../../reports/page/built/page.html", import.meta.url), "utf8");
writeFileSync(large, pageOf(template, madeUp({ size: 100_000 })));

await test("the overview of a real campaign has its findings, and links to them and back", async (page) => {
  await open(page, canary);
  await shot(page, "canary-overview");
  assert.equal((await page.$$("table.findings tbody tr")).length, 1);
  assert.match(await text(page, ".tiles"), /lives400/);
  await page.click("a.finding");
  await settled(page);
  await shot(page, "canary-finding");
  assert.match(await text(page, "h1"), /canary/);
  assert.match(await text(page, ".replay code"), /replay --scenario canary --seed \d+/);
  assert.match(await text(page, ".violation"), /on purpose/);
  await page.click("nav a");
  await settled(page);
  assert.ok(await page.$("table.findings"));
});

await test("charts are drawn, and have labels", async (page) => {
  await open(page, large);
  await shot(page, "overview");
  const charts = await page.$$eval("figure.chart", (all) =>
    all.map((one) => ({
      label: one.getAttribute("aria-label"),
      ink: [...one.querySelector("canvas").getContext("2d").getImageData(0, 0, 900, 200).data].filter((v, i) => i % 4 === 3 && v > 0).length,
    })),
  );
  assert.ok(charts.length >= 3);
  for (const { label, ink } of charts) assert.ok(label && ink > 500, `${label}: ${ink} pixels`);
  assert.match(await text(page, "body"), /would reach about \d/);
});

await test("100,000 happenings open and pan fast enough", async (page) => {
  await page.goto(pathToFileURL(large).href + "#finding-1");
  await page.waitForFunction(() => window.reportTimeline?.lastPaint > 0, { timeout: 60_000 });
  const opened = await page.evaluate(() => performance.now());
  await settled(page);
  await shot(page, "finding");
  const paints = await page.evaluate(async () => {
    const all = [];
    for (let i = 0; i < 24; ++i) {
      const { view } = reportTimeline.scene;
      if (i % 8 === 0) view.zoom(0.3, view.end / 2);
      view.pan(40);
      reportTimeline.changed();
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      all.push(reportTimeline.lastPaint);
    }
    return all.sort((a, b) => a - b);
  });
  console.log(`        opened after ${opened.toFixed(0)} ms; painted in ${paints[12].toFixed(1)} ms, at most ${paints[23].toFixed(1)} ms`);
  assert.ok(opened < openMax, `opened after ${opened} ms`);
  assert.ok(paints[12] < paintMax, `painted in ${paints[12]} ms`);
});

await test("the pointer pans, zooms, and shows and selects what is under it", async (page) => {
  await open(page, large, "#finding-1");
  await page.$eval(".stage", (stage) => stage.scrollIntoView());
  const box = await (await page.$(".stage canvas")).boundingBox();
  const before = await view(page);
  await page.mouse.move(box.x + 700, box.y + 100);
  await page.keyboard.down("Control");
  await page.mouse.wheel({ deltaY: -600 });
  await page.keyboard.up("Control");
  await settled(page);
  const zoomed = await view(page);
  assert.ok(zoomed.to - zoomed.from < (before.to - before.from) / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + 500, box.y + 100, { steps: 4 });
  await page.mouse.up();
  await settled(page);
  assert.ok((await view(page)).from > zoomed.from);
  await page.evaluate(() => reportTimeline.jumpToViolation());
  await settled(page);
  const at = await page.evaluate(() => {
    const { model, scene } = reportTimeline;
    const [begin, end] = scene.rowsInView();
    for (let row = begin; row < end; ++row)
      if (model.kind[row] === 2) return { x: scene.view.x(model.at[row]), y: scene.lanes.nodeY[model.node[row]] + 10, row };
  });
  const now = await (await page.$(".stage canvas")).boundingBox();
  await page.mouse.move(now.x + at.x, now.y + at.y);
  assert.match(await text(page, ".tip"), /disk/);
  await shot(page, "tip");
  await page.mouse.click(now.x + at.x, now.y + at.y);
  assert.match(await text(page, ".details"), /\.log/);
});

await test("the keyboard does it too", async (page) => {
  await open(page, large, "#finding-1");
  await page.focus(".stage canvas");
  const start = await view(page);
  await page.keyboard.press("v");
  const jumped = await view(page);
  assert.ok(jumped.from < jumped.violation && jumped.violation < jumped.to && jumped.to - jumped.from < (start.to - start.from) / 50);
  assert.notEqual(jumped.selected, null, "what is last before the violation is selected");
  await page.keyboard.press("ArrowRight");
  assert.ok((await view(page)).from > jumped.from);
  await page.keyboard.press("ArrowUp");
  assert.ok((await view(page)).to - (await view(page)).from < jumped.to - jumped.from);
  await page.keyboard.press("p");
  assert.ok((await view(page)).selected < jumped.selected);
  await page.keyboard.press("n");
  assert.equal((await view(page)).selected, jumped.selected);
  await page.keyboard.press("Escape");
  assert.equal((await view(page)).selected, null);
  await page.keyboard.press("Home");
  assert.ok((await view(page)).from <= 0);
  // All controls can be reached.
  await page.focus("h1");
  const reached = new Set();
  for (let i = 0; i < 60; ++i) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => [document.activeElement.tagName, document.activeElement.id, document.activeElement.className].join(" ")));
  }
  for (const name of ["theme", "primary", "partition", "find", "chip", "CANVAS", "link"])
    assert.ok(
      [...reached].some((one) => one.includes(name)),
      `${name} among ${[...reached].join(", ")}`,
    );
});

await test("filters hide kinds and machines, and a text is found", async (page) => {
  await open(page, large, "#finding-1");
  await page.evaluate(() => reportTimeline.jumpToViolation());
  await settled(page);
  const all = await picture(page);
  const chip = (name) => page.evaluateHandle((wanted) => [...document.querySelectorAll(".chip")].find((one) => one.textContent === wanted), name);
  await (await chip("messages")).click();
  await settled(page);
  assert.notEqual(await picture(page), all);
  assert.equal((await page.$$(".happenings li.sent, .happenings li.received")).length, 0);
  assert.ok((await page.$$(".happenings li")).length > 0);
  await (await chip("messages")).click();
  const height = await page.$eval(".stage canvas", (canvas) => canvas.height);
  await (await chip("broker3")).click();
  await settled(page);
  assert.ok((await page.$eval(".stage canvas", (canvas) => canvas.height)) < height);
  assert.doesNotMatch(await page.$$eval(".happenings .who", (all) => all.map((one) => one.textContent).join("\n")), /^broker3/m);
  await page.type("#find", "is killed");
  await page.keyboard.press("Enter");
  await settled(page);
  assert.match(await text(page, ".details"), /broker1 process.*is killed/);
  await page.select("#partition", "orders-0");
  await settled(page);
  assert.equal(
    await page.$eval(
      ".happenings",
      (list) => [...list.querySelectorAll("li.state .says")].filter((one) => !one.textContent.startsWith("orders-0")).length,
    ),
    0,
  );
});

await test("diagram and charts show the same part of the life", async (page) => {
  await open(page, large, "#finding-1");
  await new Promise((done) => setTimeout(done, 400));
  await page.evaluate(() => reportTimeline.look(1e9, 3e9));
  await settled(page);
  const box = await page.evaluate(() => {
    const over = document.querySelector(".u-over").getBoundingClientRect();
    return { x: over.x, y: over.y + scrollY, width: over.width };
  });
  await page.evaluate((y) => scrollTo(0, y - 300), box.y);
  await page.mouse.move(box.x + box.width * 0.25, 340);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, 340, { steps: 5 });
  await page.mouse.up();
  await settled(page);
  const { from, to } = await view(page);
  assert.ok(Math.abs(from - 1.5e9) < 2e7 && Math.abs(to - 2.5e9) < 2e7, `${from} to ${to}`);
});

await test("dark follows the system, and the switch", async (page) => {
  const ground = () =>
    page.$eval(
      "body",
      (body) =>
        getComputedStyle(body)
          .backgroundColor.match(/\d+/g)
          .map(Number)
          .reduce((a, b) => a + b) / 3,
    );
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  await open(page, large, "#finding-1");
  assert.ok((await ground()) < 60);
  const dark = await picture(page);
  await shot(page, "dark");
  await page.click("#theme");
  await settled(page);
  assert.ok((await ground()) > 200);
  assert.notEqual(await picture(page), dark);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
  await page.click("#theme");
  await settled(page);
  assert.ok((await ground()) < 60);
  assert.equal(await picture(page), dark);
});

await test("everything that can be used has a name", async (page) => {
  for (const hash of ["", "#finding-1"]) {
    await open(page, large, hash);
    const nameless = [];
    const look = (node) => {
      if (["button", "link", "combobox", "searchbox", "textbox", "application", "img"].includes(node.role) && !node.name) nameless.push(node.role);
      node.children?.forEach(look);
    };
    look(await page.accessibility.snapshot());
    assert.deepEqual(nameless, []);
    assert.equal((await page.$$("h1")).length, 1);
  }
});

await test("a narrow window scrolls in one direction only", async (page) => {
  await page.setViewport({ width: 420, height: 800 });
  for (const hash of ["", "#finding-1"]) {
    await open(page, large, hash);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1), `the page ${hash} is wider than the window`);
  }
});

await browser.close();
console.log(failed ? `${failed} failed; screenshots are in ${folder}` : `screenshots are in ${folder}`);
process.exit(failed ? 1 : 0);
