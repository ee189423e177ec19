import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { expect, it } from "vitest";

const source = fileURLToPath(new URL("../../src/", import.meta.url));
const nodeGlobal = /(?<![.\w])(process|Buffer|__dirname|__filename|require|setImmediate)\s*[.([]/g;

/**
 * What the source files that `entry` reaches use of Node: imports of its modules, of `.node.ts` files and of the native
 * runtime, and its global names.
 */
async function nodeOnly(entry: string): Promise<string[]> {
  const found: string[] = [];
  const bundle = await rolldown({
    input: source + entry,
    platform: "browser",
    plugins: [
      {
        name: "node-only",
        resolveId(specifier, importer) {
          const nodes = isBuiltin(specifier) || /\.node\.ts$|^onnxruntime-node/.test(specifier);
          if (nodes && importer?.startsWith(source)) {
            found.push(`${importer.slice(source.length)} imports ${specifier}`);
          }
          return isBuiltin(specifier) ? { id: specifier, external: true } : null;
        },
        transform(code, id) {
          if (!id.startsWith(source)) return;
          for (const [, name] of code.matchAll(nodeGlobal))
            found.push(`${id.slice(source.length)} uses ${name}`);
        },
      },
    ],
  });
  await bundle.generate();
  await bundle.close();
  return found.sort();
}

it.each(["index.ts", "web.ts"])("src/%s reaches nothing that only Node has", async (entry) => {
  expect(await nodeOnly(entry)).toEqual([]);
});

it("finds what src/node.ts reaches", async () => {
  const some = ["runtime/node.ts imports node:os", "runtime/node.ts uses process"];
  expect(await nodeOnly("node.ts")).toEqual(expect.arrayContaining(some));
});
