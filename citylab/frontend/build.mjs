// Builds what the browser runs into citylab/static/build: the staff's map, and one file for each page that has a script
// (ROOM/NAME.entry.js becomes build/NAME.js). Django hashes and compresses the files afterwards.
import { build } from "esbuild";
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static", "build");
const maplibre = dirname(createRequire(import.meta.url).resolve("maplibre-gl/package.json"));

const begun = Date.now();
await mkdir(out, { recursive: true });
const old = new Set(await readdir(out)); // taken away at the end: a page that is open meanwhile finds its files

const entries = [];
for (const room of ["resident", "crew", "staff"]) {
  const names = (await readdir(join(here, room))).filter((name) => name.endsWith(".entry.js"));
  entries.push(...names.map((name) => [name.replace(".entry.js", ""), join(here, room, name)]));
}

await build({
  // The residents' style comes as one file: a request less on a slow network.
  entryPoints: { hotspots: join(here, "hotspots.js"), resident: join(here, "..", "static", "css", "resident.css"), ...Object.fromEntries(entries) },
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  outdir: out,
  legalComments: "eof",
  logLevel: "warning",
});
// MapLibre's worker is a file of its own, so that the content policy can say worker-src 'self'.
// The note where its source map would be is cut off: Django looks for the file that such a note names.
const worker = await readFile(join(maplibre, "dist", "maplibre-gl-worker.mjs"), "utf8");
await writeFile(join(out, "maplibre-gl-worker.js"), worker.replace(/\n\/\/# sourceMappingURL=.*$/, "\n"));
await copyFile(join(maplibre, "dist", "maplibre-gl.css"), join(out, "maplibre-gl.css"));
for (const { name, mtimeMs } of await Promise.all([...old].map(async (name) => ({ name, ...(await stat(join(out, name))) })))) {
  if (mtimeMs < begun) await rm(join(out, name), { recursive: true });
}
