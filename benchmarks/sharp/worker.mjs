// One contender: renders a file each time a line comes in, answers with what it cost.
//   node worker.mjs <as-written|at-its-best> <webp|jpeg|avif> <effort or -> <file> <folder for output>
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import sharp from "sharp";

const [way, format, effort, file, folder] = process.argv.slice(2);
const original = fs.readFileSync(file);
const sides = { large: 1920, medium: 800, thumbnail: 200 };
sharp.cache(false); // every run decodes for itself

const chosen = effort === "-" ? {} : { effort: Number(effort) };
const write = {
  webp: (picture) => picture.webp({ quality: 80, ...chosen }),
  jpeg: (picture) => picture.jpeg({ quality: 80, progressive: true }),
  avif: (picture) => picture.avif({ quality: 60, ...chosen }),
}[format];
const fit = (side) => ({ width: side, height: side, fit: "inside", withoutEnlargement: true });

async function asWritten() {
  const made = {};
  for (const [name, side] of Object.entries(sides))
    made[name] = await write(sharp(original).rotate().resize(fit(side))).toBuffer();
  return made;
}

async function atItsBest() {
  const { data, info } = await sharp(original)
    .rotate()
    .resize(fit(sides.large))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const made = {};
  for (const [name, side] of Object.entries(sides))
    made[name] = await write(sharp(data, { raw: info }).resize(fit(side))).toBuffer();
  return made;
}

const render = way === "as-written" ? asWritten : atItsBest;
for await (const line of readline.createInterface({ input: process.stdin })) {
  const before = process.cpuUsage();
  const start = performance.now();
  const made = await render();
  const used = process.cpuUsage(before);
  if (line === "save")
    for (const [name, body] of Object.entries(made))
      fs.writeFileSync(path.join(folder, `${name}.${format}`), body);
  const status = fs.readFileSync("/proc/self/status", "utf8");
  console.log(
    JSON.stringify({
      cpu: (used.user + used.system) / 1000,
      wall: performance.now() - start,
      memory: Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024,
      bytes: Object.values(made).reduce((sum, body) => sum + body.length, 0),
    }),
  );
}
