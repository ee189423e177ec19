import type { ConversionReport } from "../conversion-data.ts";
import { plural, significant } from "../numbers.ts";
import { networkStyles } from "../palette.ts";
import { variantStyles } from "../variant-style.ts";
import { type Bar, barRows } from "./bar-rows.ts";
import { type FigureOptions, frameFigure } from "./frame.ts";

/** Energy and operations of one image after each number of steps, as bars beside the ANN's. */
export function conversionCosts(
  { ann, costs }: Pick<ConversionReport, "ann" | "costs">,
  options: FigureOptions,
): string {
  const [{ colour }] = variantStyles(1);
  const bars = (own: number, after: (cost: (typeof costs)[number]) => number): Bar[] => [
    { name: "ANN", colour: networkStyles.float.colour, value: own, text: significant(own) },
    ...costs.map((cost): Bar => {
      const value = after(cost);
      const multiple = own > 0 ? ` · ${significant(value / own, 2)}×` : "";
      return { name: `T = ${cost.steps}`, colour, value, text: significant(value) + multiple };
    }),
  ];
  const energy = bars(ann.energyNanojoules, ({ energyNanojoules }) => energyNanojoules);
  const operations = bars(ann.macs / 1e6, ({ synapticOperations }) => synapticOperations / 1e6);
  const afterSteps = costs.map(
    ({ steps, energyNanojoules }) =>
      `${significant(energyNanojoules)} nJ after ${plural(steps, "step")} of the converted network`,
  );
  return frameFigure(
    {
      label: `Energy per image: ${[`${significant(ann.energyNanojoules)} nJ in the ANN`, ...afterSteps].join("; ")}.`,
      panels: [
        {
          title: "Energy per image (nJ)",
          subtitle: "arithmetic only; × the ANN’s",
          draw: (width) => barRows(energy, width, options.document),
        },
        {
          title: "Operations per image (millions)",
          subtitle: "multiply–accumulates; synaptic operations",
          draw: (width) => barRows(operations, width, options.document),
        },
      ],
      columns: 2,
    },
    options,
  );
}
