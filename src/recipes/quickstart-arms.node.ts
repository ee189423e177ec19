import type { AdaptationArm } from "../cortex/adaptation.ts";
import { encodeAdaptation } from "../cortex/model-file.ts";
import type { PathKind } from "../cortex/paths/path.ts";
import type { AdaptationTraining } from "../cortex/presets.ts";
import type { ResponseModel } from "../cortex/response-model.ts";
import type { Recording } from "../formats/recording.ts";
import { adaptModel, nameOfArm } from "./adapt.node.ts";
import { type MeasuredArm, measureArm } from "./measured-arm.ts";
import type { TrainOptions } from "./resumable-fit.node.ts";
import type { RunFolder } from "./run-folder.node.ts";
import { scoreRecording } from "./score-responses.ts";

/** An arm with what it scores for each neuron, so that arms can be compared neuron by neuron. */
export interface QuickstartArm extends MeasuredArm {
  readonly perNeuron: readonly number[];
}

/**
 * Adapts a model to an animal by modulation paths, by the readout alone and from scratch, in this order, and scores
 * each. What the paths add to the core becomes adaptation.safetensors. Arms that the folder has the scores of are not
 * trained again.
 */
export async function measureArms(
  base: ResponseModel,
  animal: Recording,
  {
    images,
    paths,
    training,
    seed,
  }: {
    readonly images: number;
    readonly paths: readonly PathKind[];
    readonly training: AdaptationTraining;
    readonly seed: number;
  },
  folder: RunFolder,
  options: TrainOptions,
): Promise<QuickstartArm[]> {
  const arms: AdaptationArm[] = [{ train: "paths", paths }, { train: "readout" }, { train: "scratch" }];
  const measured = folder.has(armsFile) ? ((await folder.readJson(armsFile)) as QuickstartArm[]) : [];
  for (const arm of arms.slice(measured.length)) {
    const name = nameOfArm(arm);
    const adapted = await adaptModel(base, [animal], { arm, images, training, seed }, folder, options);
    const { model, trainableParameters, seconds } = adapted;
    if (arm.train === "paths")
      await folder.write("adaptation.safetensors", await encodeAdaptation(name, model));
    const scored = await scoreRecording(model, animal, { seed });
    const trained = { arm, name, images, trainableParameters, seconds };
    const perNeuron = [...scored.scores.singleTrial.perNeuron];
    measured.push({ ...(await measureArm(model, trained, [scored])), perNeuron });
    await folder.writeJson(armsFile, measured);
  }
  return measured;
}

const armsFile = "arms.json";
