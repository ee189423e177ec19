import * as Plot from "@observablehq/plot";
import { StriateError } from "../../error.ts";
import { plural } from "../numbers.ts";
import { finiteValues, median, quantile } from "../quantiles.ts";
import type { ReceptiveFieldCentres, ScoreKind } from "../response-data.ts";
import { scoreNames, scoreText } from "../score-words.ts";
import { colourBar } from "./colour-bar.ts";
import { type FigureOptions, frameFigure, type Panel } from "./frame.ts";
import { sampleEvenly } from "./sample-evenly.ts";
import { stimulusHeight, stimulusImage } from "./stimulus-image.ts";
import { svgElement } from "./svg.ts";
import { shortenText } from "./text.ts";

export interface ReceptiveFieldCentresData {
  subjects: readonly ReceptiveFieldCentres[];
  /** What the neurons' scores are. */
  score: ScoreKind;
}

interface Centre {
  x: number;
  y: number;
  /** NaN where the neuron has none. */
  score: number;
}

const mostNeurons = 1200;
const mostWidth = 340;
/** The stimulus behind the dots. */
const faded = 0.6;

/** Where the readout of each neuron looks, over an example stimulus, coloured by the neuron's score. */
export function receptiveFieldCentres(data: ReceptiveFieldCentresData, options: FigureOptions): string {
  const { document } = options;
  const name = scoreNames[data.score];
  const subjects = data.subjects
    .map((subject) => ({ subject, centres: finiteCentres(subject) }))
    .filter(({ centres }) => centres.length > 0);
  const scores = subjects.flatMap(({ centres }) => knownScores(centres));
  const [low, high] = colourRange(scores);
  const scale = Plot.scale({ color: { type: "linear", domain: [low, high], scheme: "plasma", clamp: true } });
  const radius = Math.max(0, ...subjects.map(({ centres }) => centres.length)) > 300 ? 2.4 : 3.2;
  const colour = (score: number): string => (Number.isFinite(score) ? scale.apply(score) : "#fff");
  const notes: string[] = [];
  const unscored = subjects.flatMap(({ centres }) => centres).length - scores.length;
  if (scores.length > 0 && unscored > 0) {
    notes.push(`${plural(unscored, "neuron")} without a score: white.`);
  }
  const crowded = subjects.filter(({ centres }) => centres.length > mostNeurons);
  if (crowded.length > 0) {
    notes.push(
      `Of ${crowded.map(({ subject, centres }) => `${plural(centres.length, "neuron")} of ${subject.subject}`).join(" and ")}, ${mostNeurons.toLocaleString("en-US")} are drawn.`,
    );
  }
  return frameFigure(
    {
      label: `Receptive-field centres over a stimulus. ${subjects.map(({ subject, centres }) => describe(subject.subject, centres, name)).join("; ")}.`,
      key:
        scores.length === 0
          ? undefined
          : (width) =>
              colourBar(
                {
                  label: name,
                  low: `≤ ${scoreText(low)}`,
                  high: `≥ ${scoreText(high)}`,
                  colour: (fraction) => ({ fill: colour(low + fraction * (high - low)) }),
                },
                width,
                document,
              ),
      panels: subjects.map(
        ({ subject, centres }): Panel => ({
          title: shortenText(subject.subject, 220),
          subtitle: plural(centres.length, "neuron"),
          draw: (width) =>
            drawCentres(subject, centres, { colour, radius }, Math.min(width, mostWidth), document),
        }),
      ),
      columns: subjects.length === 2 || subjects.length === 4 ? 2 : 3,
      notes,
    },
    options,
  );
}

function finiteCentres({ subject, x, y, scores }: ReceptiveFieldCentres): Centre[] {
  if (x.length !== y.length || (scores !== undefined && scores.length !== x.length)) {
    throw new StriateError(
      `Receptive fields of ${subject} have ${x.length} x, ${y.length} y and ${scores?.length ?? 0} scores; expected as many of each`,
    );
  }
  return Array.from({ length: x.length }, (_, i) => ({
    x: x[i],
    y: y[i],
    score: scores?.[i] ?? Number.NaN,
  })).filter((centre) => Number.isFinite(centre.x) && Number.isFinite(centre.y));
}

function knownScores(centres: readonly Centre[]): number[] {
  return finiteValues(centres.map(({ score }) => score));
}

/** Between the ends of the colours lie 96 of 100 scores, so that single neurons do not even out the rest. */
function colourRange(scores: readonly number[]): [low: number, high: number] {
  const low = scores.length > 0 ? quantile(scores, 0.02) : 0;
  return [low, Math.max(low + 0.01, quantile(scores, 0.98))];
}

function describe(subject: string, centres: readonly Centre[], name: string): string {
  const scores = knownScores(centres);
  const typical = scores.length === 0 ? "" : `, median ${name} ${scoreText(median(scores))}`;
  return `${subject}: ${plural(centres.length, "neuron")}${typical}`;
}

function drawCentres(
  { image }: ReceptiveFieldCentres,
  centres: Centre[],
  { colour, radius }: { colour: (score: number) => string; radius: number },
  width: number,
  document: Document,
): Element {
  const height = stimulusHeight(image, width);
  const pixel = width / image.width;
  const root = svgElement(document, "svg", { width, height });
  const picture = stimulusImage(document, image, { x: 0, y: 0, width });
  picture.setAttribute("opacity", String(faded));
  root.append(picture);
  const group = svgElement(document, "g", { "stroke-width": 0.8 });
  const drawn = sampleEvenly(centres, mostNeurons).sort(
    (a, b) => (Number.isFinite(a.score) ? a.score : -2) - (Number.isFinite(b.score) ? b.score : -2),
  );
  for (const { x, y, score } of drawn) {
    group.append(
      svgElement(document, "circle", {
        cx: (((x + 1) / 2) * (image.width - 1) + 0.5) * pixel,
        cy: (((y + 1) / 2) * (image.height - 1) + 0.5) * pixel,
        r: radius,
        fill: colour(score),
        stroke: "#000",
      }),
    );
  }
  root.append(group);
  return root;
}
