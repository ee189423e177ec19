import type { AdaptationArm } from "../../cortex/adaptation.ts";
import type { Estimate } from "../../cortex/metrics/index.ts";
import { coreHash, encodeAdaptation, encodeResponseModel } from "../../cortex/model-file.ts";
import { adaptModel, nameOfArm } from "../../recipes/adapt.node.ts";
import { type AdaptationJob, adaptationContext } from "../../recipes/adaptation-job.node.ts";
import { describeAdaptation } from "../../recipes/adaptation-report.ts";
import { responseModelFile } from "../../recipes/fit-run.node.ts";
import { measureArm } from "../../recipes/measured-arm.ts";
import { responseHistory } from "../../recipes/response-report.ts";
import { overallCorrelation } from "../../recipes/score-responses.ts";
import { adaptationReport, adaptationTextTable } from "../../report/index.ts";
import { type CommandContext, type OutputOptions, print } from "../command.ts";
import { scoreAll } from "../score-all.ts";

interface Options extends OutputOptions {
  readonly resume?: boolean;
  readonly checkpointEvery: number;
}

/** Adapts a model in one way, and writes the model, what was added to its core, and a report. */
export async function adaptOnce(
  job: AdaptationJob & { readonly arm: AdaptationArm },
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { base, recordings, arm, images, all, training, seed, folder, notes } = job;
  const before = await scoreBefore(job, context);
  if (before !== undefined)
    notes.push(`Before the adaptation the correlation was ${before.value.toFixed(3)}.`);
  const configuration = { arm, images: images[0], training, seed };
  const adapted = await adaptModel(base.model, recordings, configuration, folder, {
    ...context,
    resume: options.resume ?? false,
    checkpointSeconds: options.checkpointEvery,
  });
  const { model, trainableParameters, history } = adapted;
  const name = `${base.name}, ${nameOfArm(arm)}`;
  await folder.write(responseModelFile, encodeResponseModel(name, model));
  const scored = await scoreAll(model, recordings, { seed }, context);
  const trained = { arm, name: nameOfArm(arm), images: images[0] ?? all, trainableParameters };
  const measured = await measureArm(model, { ...trained, seconds: adapted.seconds }, scored);
  const core = { before: await coreHash(base.model), after: measured.core };
  if (core.before === core.after)
    await folder.write("adaptation.safetensors", await encodeAdaptation(name, model));
  const report = describeAdaptation([measured], recordings, {
    ...adaptationContext(job, core),
    training: responseHistory(nameOfArm(arm), history),
  });
  const { subjects, seconds } = measured;
  const result = {
    run: folder.path,
    model: name,
    arm,
    images: measured.images,
    trainableParameters,
    core,
    ...(before && { before }),
    overall: overallCorrelation(scored, seed),
    subjects,
    notes,
    seconds: { ...report.seconds, fitting: seconds },
  };
  await folder.writeJson("result.json", result);
  await folder.write("report.html", adaptationReport(report));
  print(options, result, () =>
    [
      adaptationTextTable(report),
      ...(before ? [`\nCorrelation before: ${before.value.toFixed(3)}`] : []),
      `\nRun: ${folder.path}\nReport: ${folder.file("report.html")}`,
    ].join("\n"),
  );
}

/** The correlation of the model as it was, if it knows every subject by its neurons. */
async function scoreBefore(
  { base: { model }, recordings, seed }: AdaptationJob,
  context: CommandContext,
): Promise<Estimate | undefined> {
  const knowsAll = recordings.every(
    ({ subject, neurons }) => model.subjects.get(subject)?.readout.neurons === neurons,
  );
  return knowsAll
    ? overallCorrelation(await scoreAll(model, recordings, { seed }, context), seed)
    : undefined;
}
