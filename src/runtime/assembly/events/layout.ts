/**
 * Where things stand in the memory of the event kernels: every record is a run of 32-bit words, a field's number is its
 * word. TypeScript writes the records (src/spiking/event/assemble.ts), the kernels read them; addresses are bytes.
 *
 * A population is an array (height, width, channels), channels last, padded to a multiple of four; a vector is one pixel.
 */

/** A program: the populations of a network in order, and what its threads tell each other. */
export enum Program {
  /** Counts the runs; threads wait for it to change. */
  generation,
  /** How many threads have finished this run. */
  finished,
  /** The next image that no thread has taken. */
  nextImage,
  /** 1 ends the threads. */
  quit,
  threads,
  images,
  /** How many images a thread takes through each population before it goes to the next. */
  group,
  /** Steps of this run, and how many there were before it. */
  steps,
  stepsBefore,
  /** Addresses of the populations, and their number. */
  populations,
  populationCount,
  /** 1 where threads share out the rows of every population, 0 where each takes images of its own. */
  splitRows,
  barrierCount,
  barrierRound,
  /** For each of sixteen masks, the bytes and then the numbers of the lanes that are set, moved to the front: emit.ts. */
  swizzles,
  size,
}

/** What a population does with its current at every step. */
export enum Stage {
  /** Puts the current out as it is. */
  relay,
  /** Puts 1 out where the current is above the threshold. */
  threshold,
  /** Neurons that fire, or put out their potential. */
  neurons,
  /** Adds the current up, and records the sum. */
  counter,
  /** Puts out by how much the current has changed. */
  difference,
  /** Puts every value out a number of steps later. */
  delay,
  /** Takes its values from the run's input. */
  input,
}

export enum Membrane {
  /** v + I */
  integrator,
  /** v + g·I */
  scaledIntegrator,
  /** a·v + g·I + rest */
  leaky,
  /** i ← s·i + g·I; a·v + late·i + early·i(before) + rest */
  currentBased,
}

export enum Firing {
  none,
  /** Fires and loses the threshold. */
  subtract,
  /** Fires and goes to a potential. */
  toPotential,
  /** Fires and loses the threshold; below a negative potential takes a spike back and regains it. */
  signed,
}

export enum Population {
  stage,
  membrane,
  firing,
  height,
  width,
  channels,
  /** What the current of a row begins with: biases, or currents that stay the same. */
  base,
  baseRowBytes,
  baseImageBytes,
  /** Currents of a row, or of all rows where `currentRowBytes` is not 0; each thread has its own. */
  current,
  currentRowBytes,
  currentThreadBytes,
  /** Of vectors that are taken tile by tile: from a block of an image's currents to the next image's; else 0. */
  currentImageBytes,
  /** From a block of all images' currents to the next block's. */
  currentBlockBytes,
  /** Room of every thread: a window, 64 numbers for sums of 8-bit weights, then offsets and codes of merged rows. */
  scratch,
  scratchThreadBytes,
  /** Bytes from the offsets of a merged row to its codes; 0 where none are merged. */
  mergedCodesAt,
  /** The synapses, those that scatter over all rows first. */
  synapses,
  scatteringCount,
  synapseCount,
  /** What the neurons keep: potentials, and synaptic currents or counts of spikes. */
  potential,
  second,
  stateImageBytes,
  /** Each parameter is an address and the bytes from one four to the next: 0 for one number in all lanes. */
  gain,
  gainStep,
  decay,
  decayStep,
  rest,
  restStep,
  threshold,
  thresholdStep,
  /** Fires from here on: the next number above the threshold for neurons that fire above it only. */
  fireAt,
  fireAtStep,
  resetTo,
  resetToStep,
  synaptic,
  synapticStep,
  late,
  lateStep,
  early,
  earlyStep,
  takesBackAt,
  takesBackAtStep,
  /** Where its events go; 0 where nobody takes them. */
  train,
  /** How many events it has put out, a float64 in a cache line for every thread. */
  counts,
  /** Where its values (image, step, row, pixel, channel) go; 0 where nobody asks. */
  record,
  recordImageBytes,
  recordStepBytes,
  /** Of a delay: steps of every unit, 32-bit integers, and how long the line is. */
  delays,
  delayLength,
  /** Of an input: its values (step, image, channel, row, pixel), and bytes between steps (0: the same) and images. */
  values,
  valuesStepBytes,
  valuesImageBytes,
  /** Channels that an input has without padding. */
  realChannels,
  size,
}

/**
 * Events of a population at some steps, row by row, in the order of pixels and channels. An event is a 32-bit code, its place
 * in the row: pixel · codes a pixel + channel. `offsets` holds for every row the addresses of each pixel's first event, and
 * one more.
 */
export enum Train {
  codes,
  codesRowBytes,
  /** 0 where the codes of a step follow those of the one before in the same run; only where there is one pixel. */
  codesSlotBytes,
  codesOwnerBytes,
  offsets,
  offsetsRowBytes,
  offsetsSlotBytes,
  offsetsOwnerBytes,
  /** Steps that are kept: step t is in slot t modulo this. */
  slots,
  /** 1 where every image has its own, 0 where what a thread works on has. */
  ownedByImage,
  height,
  width,
  /** Codes a pixel: channels, or twice as many for signed spikes, whose second half are those taken back. */
  codesPerPixel,
  /** Bytes from a code to its value; 0 where every event counts 1. */
  valuesDelta,
  size,
}

export enum Synapses {
  /** A convolution; a linear layer is one whose kernel is as large as the image. */
  convolution,
  /** The same with 8-bit weights. */
  convolutionInt8,
  /** Lists of targets for every unit. */
  lists,
  /** The largest recorded value of a window. */
  maximum,
}

export enum Synapse {
  kind,
  /** The train it takes events from; of a maximum, the population whose record it reads. */
  source,
  kernelHeight,
  kernelWidth,
  strideY,
  strideX,
  paddingTop,
  paddingLeft,
  /** Tiles of target channels: each `Tile.size` words. */
  tiles,
  tileCount,
  /** Of lists: for every unit of the source (row, code) where its targets begin, and pairs (byte in the currents, weight). */
  starts,
  targets,
  dilationY,
  dilationX,
  /** Rows and columns of the source that count; a pool before a convolution leaves the last ones out. */
  sourceHeight,
  sourceWidth,
  /** 1 where it takes the events of the step before. */
  stepsLate,
  size,
}

/** Weights (kernel row, kernel column, code, channels of the tile) of some neighbouring target channels. */
export enum Tile {
  /** Vectors of channels: 1, 2, 4 or 8, of four each, with 8-bit weights of eight. */
  vectors,
  firstChannel,
  weights,
  /** With 8-bit weights: what a unit of each channel is worth. */
  scales,
  size,
}

/** Bytes of rooms that both sides reckon with. */
export enum Room {
  /** A window: see window.ts. */
  window = 64,
  /** The 32-bit sums of a tile of 8-bit weights, and a vector behind them. */
  sums = 320,
  /** A block of 64 channels' currents: see vectors.ts. */
  block = 256,
}
