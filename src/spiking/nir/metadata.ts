/**
 * What Striate notes in the metadata of NIR files, for what NIR has no field for. Other tools do not read it.
 *
 * Of a neuron: `reset` "subtract" for the soft reset v ← v − θ; `start`, the potential before the first step; `fires`
 * "at threshold" for v ≥ θ in place of v > θ. Of the graph: `dt`, the time step in seconds, and `striate`, the metadata
 * of the spiking graph as JSON.
 */
export const softReset = "subtract";
export const firesAtThreshold = "at threshold";
