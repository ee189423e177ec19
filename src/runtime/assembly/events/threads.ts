import { Population, Program } from "./layout";
import { advancePopulation } from "./population";
import { address, field } from "./record";
import { sumVectors, updateVectors } from "./vectors";

/** How often a thread looks for work before it sleeps: some tens of microseconds. */
const SPINS: i32 = 20000;

function word(program: usize, index: i32): usize {
  return program + ((<usize>index) << 2);
}

/** Waits until all threads have come here. */
function meet(program: usize, threads: i32): void {
  const round = atomic.load<i32>(word(program, Program.barrierRound));
  if (atomic.add<i32>(word(program, Program.barrierCount), 1) === threads - 1) {
    atomic.store<i32>(word(program, Program.barrierCount), 0);
    atomic.add<i32>(word(program, Program.barrierRound), 1);
  } else {
    while (atomic.load<i32>(word(program, Program.barrierRound)) === round) {}
  }
}

/** A thread's share of a run. */
export function work(program: usize, thread: i32): void {
  const threads = field(program, Program.threads);
  const images = field(program, Program.images);
  const steps = field(program, Program.steps);
  const stepsBefore = field(program, Program.stepsBefore);
  const populations = address(program, Program.populations);
  const end = populations + ((<usize>field(program, Program.populationCount) * Population.size) << 2);
  const next: usize = Population.size << 2;

  if (field(program, Program.splitRows)) {
    for (let image = 0; image < images; image++) {
      for (let population = populations; population < end; population += next) {
        if (address(population, Population.currentImageBytes) !== 0) {
          sumVectors(population, image, image + 1, 0, thread, 0, thread, threads, stepsBefore, steps);
          meet(program, threads);
          if (thread === 0) updateVectors(program, population, image, image + 1, 0, 0, 0, stepsBefore, steps);
          meet(program, threads);
          continue;
        }
        const height = field(population, Population.height);
        const from = (height * thread) / threads;
        const to = (height * (thread + 1)) / threads;
        advancePopulation(program, population, image, 0, thread, stepsBefore, steps, from, to);
        meet(program, threads);
      }
    }
    return;
  }
  const group = field(program, Program.group);
  for (;;) {
    const first = atomic.add<i32>(word(program, Program.nextImage), group);
    if (first >= images) break;
    const last = min(first + group, images);
    for (let population = populations; population < end; population += next) {
      const owners = thread * group;
      if (address(population, Population.currentImageBytes) !== 0) {
        sumVectors(population, first, last, owners, thread, thread, 0, 1, stepsBefore, steps);
        updateVectors(program, population, first, last, owners, thread, thread, stepsBefore, steps);
        continue;
      }
      const height = field(population, Population.height);
      for (let image = first; image < last; image++) {
        const owner = thread * group + image - first;
        advancePopulation(program, population, image, owner, thread, stepsBefore, steps, 0, height);
      }
    }
  }
}

/** Runs on a thread of its own: waits for runs, and takes its share of each, until it is told to quit. */
export function serve(program: usize, thread: i32): void {
  let seen = 0;
  for (;;) {
    let spins = 0;
    while (atomic.load<i32>(word(program, Program.generation)) === seen) {
      if (++spins > SPINS) atomic.wait<i32>(word(program, Program.generation), seen, -1);
    }
    seen = atomic.load<i32>(word(program, Program.generation));
    const quits = atomic.load<i32>(word(program, Program.quit)) !== 0;
    if (!quits) work(program, thread);
    atomic.add<i32>(word(program, Program.finished), 1);
    if (quits) return;
  }
}

/** Starts a run on every thread, takes part in it as thread 0, and waits until all have finished. */
export function run(program: usize): void {
  const threads = field(program, Program.threads);
  store<i32>(word(program, Program.nextImage), 0);
  if (threads === 1) {
    work(program, 0);
    return;
  }
  wake(program, threads);
  work(program, 0);
  join(program, threads);
}

function wake(program: usize, threads: i32): void {
  atomic.store<i32>(word(program, Program.finished), 0);
  atomic.add<i32>(word(program, Program.generation), 1);
  atomic.notify(word(program, Program.generation), threads);
}

function join(program: usize, threads: i32): void {
  while (atomic.load<i32>(word(program, Program.finished)) < threads - 1) {}
}

/** Ends the other threads: when this returns, none of them touches the memory any more. */
export function quit(program: usize): void {
  const threads = field(program, Program.threads);
  atomic.store<i32>(word(program, Program.quit), 1);
  wake(program, threads);
  join(program, threads);
}
