import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Recording } from "../../src/formats/recording.ts";
import { silent } from "../../src/recipes/progress.ts";
import {
  type LoadedResponseModel,
  loadResponseModel,
  supplyScales,
} from "../../src/recipes/response-model-path.node.ts";
import { scoreRecording } from "../../src/recipes/score-responses.ts";
import "../../src/runtime/node.ts";
import { smallRecording } from "../cortex/small-recording.ts";
import { rejectionOf } from "../formats/errors.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** Ten images of 36 × 64 pixels, the last four for tests. */
function mouse(subject = "mouse"): Recording {
  const drawn = smallRecording({ subject, neurons: 6, size: 48 });
  return {
    ...drawn,
    stimuli: { ...drawn.stimuli, height: 36, width: 64 },
    tierOf: drawn.tierOf.map((tier, trial) => (trial < 6 ? tier : "test")),
  };
}

describe("a state dict of PyTorch as a response model", () => {
  it("predicts in a recording's own units, by the scales of its training trials", async () => {
    const predict = async (recording: Recording) => {
      const loaded = await loadResponseModel(fixture("stacked_core.pth"));
      expect(loaded).toMatchObject({ name: "stacked_core", hasScales: false });
      const notes: string[] = [];
      supplyScales(loaded, [recording], { ...silent, note: (line) => notes.push(line) });
      expect(notes.join()).toMatch(/stacked_core\.pth does not tell how its recordings were standardised/);
      const { predictions } = await scoreRecording(loaded.model, recording);
      expect(predictions.length).toBe(4 * 6);
      return predictions;
    };
    const recording = mouse();
    const { stimuli, responses } = recording;
    const predictions = await predict(recording);
    const otherUnits = await predict({
      ...recording,
      stimuli: { ...stimuli, data: stimuli.data.map((value) => value / 255 - 1) },
      responses: responses.map((value) => 8 * value),
    });
    predictions.forEach((value, i) => {
      expect(otherUnits[i]! / value).toBeCloseTo(8, 3);
    });
    expect(Math.max(...predictions) - Math.min(...predictions)).toBeGreaterThan(0.1);
  });

  it("leaves a model alone that has scales, and subjects that it has no readout for", async () => {
    const loaded = await loadResponseModel(fixture("stacked_core.pth"));
    const image = ({ model }: LoadedResponseModel) => [...model.subject("mouse").scales.image.data];
    const told: string[] = [];
    const progress = { ...silent, note: (line: string) => told.push(line) };
    supplyScales(loaded, [mouse("rat")], progress);
    supplyScales({ ...loaded, hasScales: true }, [mouse()], progress);
    expect(image(loaded)).toEqual([0, 1]);
    expect(told).toEqual([]);
    supplyScales(loaded, [mouse("rat"), mouse()], progress);
    expect(image(loaded)[0]).toBeGreaterThan(50);
  });

  it("is refused, with the file and the key, when it is of another network", async () => {
    const message = await rejectionOf(loadResponseModel(fixture("torch/checkpoint.pth")));
    expect(message).toMatch(/checkpoint\.pth: no 'core\.features\.layer0\.conv\.weight'/);
  });
});
