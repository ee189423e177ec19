import { type Certainty, margin } from "./certainty.ts";
import { decisionsOf, evidenceAfter, type RecordedEvidence } from "./recorded.ts";

/** Margins of one step in rising order, and how reliable decisions are that reach them: the best Conf of β below each. */
interface StepReliability {
  readonly margins: Float64Array;
  readonly reliabilities: Float64Array;
}

/**
 * How reliable a decision is by its margin and its step, as Top-K cutoff (Wu et al., 2025) finds it on calibration
 * samples: Conf(t, β) is the share, of those whose margin after t steps is above β, that are right from t steps on. A
 * margin is as reliable as the best Conf of all β below it, so that stopping where this reaches 1 − ε is stopping where the
 * margin passes the paper's β(t), the least one whose Conf is 1 − ε.
 */
export function cutoff(calibration: RecordedEvidence): Certainty {
  const table = reliabilityTable(calibration);
  return (evidence, step) => {
    const { margins, reliabilities } = table[step - 1]!;
    // The highest β below this margin is the highest margin of the calibration below it, or none.
    const place = Math.min(countBelow(margins, margin(evidence, step)), margins.length - 1);
    return reliabilities[place]!;
  };
}

function reliabilityTable(calibration: RecordedEvidence): StepReliability[] {
  const { steps, samples, labels } = calibration;
  const decisions = decisionsOf(calibration);
  const staysRight = new Uint8Array(samples).fill(1);
  const table: StepReliability[] = [];
  for (let t = steps - 1; t >= 0; t--) {
    const own = new Float64Array(samples);
    for (let i = 0; i < samples; i++) {
      if (decisions[t * samples + i] !== labels[i]) staysRight[i] = 0;
      own[i] = margin(evidenceAfter(calibration, t + 1, i), t + 1);
    }
    table[t] = reliabilityByMargin(own, staysRight);
  }
  return table;
}

function reliabilityByMargin(own: Float64Array, staysRight: Uint8Array): StepReliability {
  const order = Array.from(own, (_, i) => i).sort((a, b) => own[a]! - own[b]!);
  const margins = Float64Array.from(order, (i) => own[i]!);
  const reliabilities = new Float64Array(order.length);
  let right = 0;
  for (let place = order.length - 1; place >= 0; place--) {
    right += staysRight[order[place]!]!;
    reliabilities[place] = right / (order.length - place);
  }
  let best = 0;
  for (let place = 0; place < order.length; place++) {
    // Equal margins pass a threshold together: theirs is the share of all of them.
    if (place === 0 || margins[place] !== margins[place - 1]) best = Math.max(best, reliabilities[place]!);
    reliabilities[place] = best;
  }
  return { margins, reliabilities };
}

/** How many of some rising values are below `limit`. */
function countBelow(rising: Float64Array, limit: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
