import { coreHash } from "../../cortex/model-file.ts";
import { nameOfArm } from "../../recipes/adapt.node.ts";
import { type AdaptationJob, adaptationContext } from "../../recipes/adaptation-job.node.ts";
import { describeAdaptation } from "../../recipes/adaptation-report.ts";
import { compareArms } from "../../recipes/compare-arms.node.ts";
import { type MeasuredArm, measureArm } from "../../recipes/measured-arm.ts";
import { adaptationReport, adaptationTextTable } from "../../report/index.ts";
import { type CommandContext, type OutputOptions, print } from "../command.ts";

/** What is known of arms that are done: a comparison goes on from there. */
const armsFile = "arms.json";

/** Adapts a model in every way with every number of images, and writes the scores and a report. */
export async function compareAdaptations(
  job: AdaptationJob,
  options: OutputOptions & { readonly resume?: boolean },
  context: CommandContext,
): Promise<void> {
  const { base, recordings, arms, images, all, training, seed, folder, notes } = job;
  const measured: MeasuredArm[] =
    options.resume && folder.has(armsFile) ? ((await folder.readJson(armsFile)) as MeasuredArm[]) : [];
  await compareArms(
    base.model,
    recordings,
    {
      arms,
      images,
      training,
      seed,
      skip: (arm, count) =>
        measured.some((one) => one.name === nameOfArm(arm) && one.images === (count ?? all)),
      inspect: async (model, result) => {
        const trained = { ...result, images: result.images ?? all };
        measured.push(await measureArm(model, trained, result.scored));
        await folder.writeJson(armsFile, measured);
      },
    },
    folder,
    context,
  );
  await folder.remove("checkpoint.safetensors");
  const before = await coreHash(base.model);
  const frozen = measured.filter(({ arm }) => arm.train === "readout" || arm.train === "paths");
  const core = { before, after: frozen.find((one) => one.core !== before)?.core ?? before };
  const report = describeAdaptation(measured, recordings, adaptationContext(job, core));
  const result = {
    run: folder.path,
    core,
    arms: measured.map(({ modulation, choice, metrics, ...rest }) => ({
      ...rest,
      score: choice.score,
      overall: metrics,
    })),
    notes,
    seconds: report.seconds,
  };
  await folder.writeJson("result.json", result);
  await folder.write("report.html", adaptationReport(report));
  print(
    options,
    result,
    () => `${adaptationTextTable(report)}\n\nRun: ${folder.path}\nReport: ${folder.file("report.html")}`,
  );
}
