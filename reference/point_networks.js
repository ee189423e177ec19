/** Writes the connections and initial values of examples/brette.ts for reference/point_networks.py. Build first. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawConnections, Random } from "striate";
import { cobahh, cuba } from "../dist/examples/brette.js";

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
for (const [name, { cells, options }] of Object.entries({ cuba: cuba(), cobahh: cobahh() })) {
  for (const [variable, values] of Object.entries(cells.initial))
    writeFileSync(join(folder, `${name}.${variable}`), Float64Array.from(values));
  for (const { name: projection, from, connections } of options.projections) {
    const random = new Random(options.seed).split(projection);
    const { sources, targets } = drawConnections(connections, from.count, cells.size, random);
    writeFileSync(
      join(folder, `${name}.${projection}.sources`),
      sources.map((source) => source + from.first),
    );
    writeFileSync(join(folder, `${name}.${projection}.targets`), targets);
  }
}
