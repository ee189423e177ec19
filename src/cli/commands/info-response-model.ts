import { countParameters } from "../../cortex/adaptation.ts";
import { coreHash, decodeResponseModel, describeAdaptationFile } from "../../cortex/model-file.ts";
import type { PathSpecification } from "../../cortex/paths/path.ts";
import type { SubjectSpecification } from "../../cortex/specification.ts";
import { parameterCounts } from "../../recipes/response-report.ts";
import { coreInWords } from "../../recipes/response-run-description.ts";
import { count } from "../../report/index.ts";

/** What there is to say of a response model file, as rows, a table by subject, and JSON. */
export async function describeResponseModel(bytes: Uint8Array, path: string) {
  const { name, model } = decodeResponseModel(bytes, path);
  const { input, core, readout, behavior, subjects } = model.specification;
  const paths = model.paths.map(({ specification, parameters }) => ({
    ...specification,
    parameters: countParameters(parameters),
  }));
  const parameters = parameterCounts(model);
  const hash = await coreHash(model);
  const rows = [
    { name: "format", value: "Striate response model" },
    { name: "name", value: name },
    { name: "input", value: `${input.channels} × ${input.height} × ${input.width}` },
    { name: "core", value: coreInWords(core) },
    { name: "SHA-256 of the core", value: hash },
    { name: "readout", value: readout.kind },
    { name: "told of behaviour", value: behavior ? "yes" : "no" },
    ...Object.entries(parameters).map(([part, values]) => ({
      name: `parameters, ${part}`,
      value: count(values),
    })),
    ...paths.map((one) => ({ name: `${one.kind} path`, value: pathInWords(one) })),
  ];
  const json = { name, input, core, coreHash: hash, readout, behavior, subjects, paths, parameters };
  return { rows, table: subjectTable(subjects), json };
}

/** What there is to say of an adaptation file. */
export function describeAdaptation(bytes: Uint8Array, path: string) {
  const { name, core, subjects, paths, values } = describeAdaptationFile(bytes, path);
  const rows = [
    { name: "format", value: "Striate adaptation, without the core that it adapts" },
    { name: "name", value: name },
    { name: "SHA-256 of the core", value: core },
    { name: "values", value: count(values) },
    ...paths.map((one) => ({ name: `${one.kind} path`, value: pathInWords(one) })),
  ];
  const json = { name, coreHash: core, subjects, paths, values };
  return { rows, table: subjectTable(subjects), json };
}

function pathInWords({ members, width }: PathSpecification): string {
  return [`width ${width}`, ...(members.length > 0 ? [`for ${members.join(", ")}`] : [])].join(", ");
}

function subjectTable(subjects: readonly SubjectSpecification[]) {
  const yes = (flag: boolean) => (flag ? "yes" : "no");
  return {
    headers: ["subject", "dataset", "neurons", "by coordinates", "moves with the pupil"],
    rows: subjects.map(({ name, dataset, neurons, coordinates, shifter }) => [
      name,
      dataset,
      count(neurons),
      yes(coordinates),
      yes(shifter),
    ]),
  };
}
