// Writes the results of a quickstart into the README and docs: its tables, figures, time and memory.
//   node scripts/readme-quickstart.js [runs/quickstart]
//   node scripts/readme-quickstart.js --check    fails unless the README says what docs/quickstart.json does
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { percent, quickstartText } from "../dist/src/node.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const readme = join(root, "README.md");
const kept = join(root, "docs/quickstart.json");
const text = readFileSync(readme, "utf8");
const [run = join(root, "runs/quickstart")] = process.argv.slice(2);

if (run === "--check") {
  if (filled(text, JSON.parse(readFileSync(kept, "utf8"))) !== text) {
    console.error("README.md differs from docs/quickstart.json: run node scripts/readme-quickstart.js");
    process.exit(1);
  }
} else {
  writeFileSync(readme, filled(text, JSON.parse(readFileSync(join(run, "summary.json"), "utf8"))));
  copyFileSync(join(run, "summary.json"), kept);
  for (const name of ["accuracy.svg", "cortex.svg"])
    copyFileSync(join(run, name), join(root, "docs/figures", name));
}

/** The README with the numbers of a summary. */
function filled(text, summary) {
  const { ann, quantized, spiking, seconds, peakMemoryMB } = summary;
  const whole = Math.round(seconds.total);
  const main = spiking.find(({ bits, fineTuned }) => bits === 3 && fineTuned);
  const cells = [
    percent(ann.accuracy),
    percent(quantized.find(({ bits }) => bits === 3).accuracy),
    `**${percent(main.accuracy)}**`,
  ].map((cell) => cell.replace("\u00a0", " "));
  const parts = [
    [/```\nA network of spiking neurons[^`]*```/, `\`\`\`\n${quickstartText(summary)}\n\`\`\``],
    [
      /Here it took \d+ minutes \d+\sseconds after the install, and \d+ MB\./,
      `Here it took ${Math.floor(whole / 60)} minutes ${whole % 60} seconds after the install, and ${peakMemoryMB} MB.`,
    ],
    [
      /(\| MNIST, quickstart \|[^|]*\|).*\|\n/,
      (_, start) => `${start} ${cells[0]} | ${cells[1]} |    ${cells[2]} |\n`,
    ],
  ];
  if (summary.cortex !== undefined)
    parts.push([/(src="docs\/figures\/accuracy\.svg".*\n)(?:\n<img.*\n)?/, withCortex]);
  return parts.reduce((result, [place, replacement]) => {
    if (!place.test(result)) throw new Error(`README.md has no place for ${place}`);
    return result.replace(place, replacement);
  }, text);
}

function withCortex(_, accuracy) {
  return `${accuracy}\n<img src="docs/figures/cortex.svg" alt="Responses of six neurons of synthetic V1 to the test images, and what v1t-small predicts" width="760">\n`;
}
