// Bundles the sources of the page into one HTML file, built/page.html, which is committed, so that building the simulator needs no npm.
//   node build.js          writes it
//   node build.js --check  fails if it is not what the sources give
import { readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const result = await build({
  entryPoints: [new URL("src/main.js", here).pathname],
  bundle: true,
  minify: true,
  target: ["chrome109", "firefox115", "safari16"],
  format: "iife",
  legalComments: "none",
  outdir: new URL("built", here).pathname,
  write: false,
});
const output = (ending) => result.outputFiles.find((file) => file.path.endsWith(ending)).text.trim();
const licence = await readFile(new URL("node_modules/uplot/LICENSE", here), "utf8");
const frame = await readFile(new URL("src/frame.html", here), "utf8");
const page = frame
  .replace("@LICENCE@", () => licence.trim())
  .replace("@STYLE@", () => output(".css"))
  // The browser ends a script at its end tag, wherever that is.
  .replace("@SCRIPT@", () => output(".js").replaceAll("</script", "<\\/script"));
const target = new URL("built/page.html", here);
if (process.argv.includes("--check")) {
  if ((await readFile(target, "utf8")) !== page) {
    console.error("built/page.html is not what the sources give: run `npm ci && npm run build` in reports/page");
    process.exit(1);
  }
} else {
  await writeFile(target, page);
  console.log(`built/page.html: ${page.length} bytes`);
}
