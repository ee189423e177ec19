import { stepConductances } from "./conductances";
import { stepCurrents } from "./currents";
import { Crew, Equations, Task } from "./layout";
import { stepTraubMiles } from "./traub-miles";

/** How often a thread looks for work before it sleeps: some tens of microseconds. */
const SPINS: i32 = 20000;

function word(record: usize, index: i32): usize {
  return record + ((<usize>index) << 2);
}

function address(record: usize, index: i32): usize {
  return <usize>load<u32>(word(record, index));
}

/** Neurons at the bytes `from` to `to` of every region take a step. @returns how many fire */
function advance<T>(task: usize, from: usize, to: usize, spikes: usize): i32 {
  const state = address(task, Task.state);
  const bytes = address(task, Task.bytes);
  const parameters = address(task, Task.parameters);
  const stride = address(task, Task.stride);
  const mask = address(task, Task.mask);
  const held = address(task, Task.held);
  const equations = load<i32>(word(task, Task.equations));
  if (equations === Equations.currents)
    return stepCurrents<T>(state, bytes, from, to, parameters, stride, mask, held, spikes);
  if (equations === Equations.conductances)
    return stepConductances<T>(state, bytes, from, to, parameters, stride, mask, held, spikes);
  const step = <T>load<f64>(word(task, Task.step));
  return stepTraubMiles<T>(state, bytes, from, to, parameters, stride, mask, step, held, spikes);
}

/** A thread's share of a population: whole lines of 64 bytes. */
function share(task: usize, thread: i32, threads: i32, spikes: usize): i32 {
  const lines = <i32>(address(task, Task.bytes) >> 6);
  const from = (<usize>((lines * thread) / threads)) << 6;
  const to = (<usize>((lines * (thread + 1)) / threads)) << 6;
  if (load<i32>(word(task, Task.wide))) return advance<f64>(task, from, to, spikes);
  return advance<f32>(task, from, to, spikes);
}

function listOf(task: usize, thread: i32): usize {
  return address(task, Task.lists) + <usize>(thread - 1) * address(task, Task.listBytes);
}

/** Runs on a thread of its own: takes its share of every step, until it is told to quit. */
export function serve(crew: usize, thread: i32): void {
  let seen = 0;
  for (;;) {
    let spins = 0;
    while (atomic.load<i32>(word(crew, Crew.generation)) === seen) {
      if (++spins > SPINS) atomic.wait<i32>(word(crew, Crew.generation), seen, -1);
    }
    seen = atomic.load<i32>(word(crew, Crew.generation));
    const quits = atomic.load<i32>(word(crew, Crew.quit)) !== 0;
    if (!quits) {
      const task = address(crew, Crew.task);
      const list = listOf(task, thread);
      store<i32>(list, share(task, thread, load<i32>(word(crew, Crew.threads)), list + 4));
    }
    atomic.add<i32>(word(crew, Crew.finished), 1);
    if (quits) return;
  }
}

function wake(crew: usize): void {
  atomic.store<i32>(word(crew, Crew.finished), 0);
  atomic.add<i32>(word(crew, Crew.generation), 1);
  atomic.notify(word(crew, Crew.generation), load<i32>(word(crew, Crew.threads)));
}

function join(crew: usize): void {
  const others = load<i32>(word(crew, Crew.threads)) - 1;
  while (atomic.load<i32>(word(crew, Crew.finished)) < others) {}
}

/** A step of a population on all threads; the neurons that fire are listed in order. @returns how many they are */
export function step(crew: usize, task: usize, spikes: usize): i32 {
  const threads = load<i32>(word(crew, Crew.threads));
  if (threads === 1) return share(task, 0, 1, spikes);
  store<u32>(word(crew, Crew.task), <u32>task);
  wake(crew);
  let count = share(task, 0, threads, spikes);
  join(crew);
  for (let thread = 1; thread < threads; thread++) {
    const list = listOf(task, thread);
    const more = load<i32>(list);
    memory.copy(spikes + ((<usize>count) << 2), list + 4, (<usize>more) << 2);
    count += more;
  }
  return count;
}

/** Ends the other threads: when this returns, none of them touches the memory any more. */
export function quit(crew: usize): void {
  atomic.store<i32>(word(crew, Crew.quit), 1);
  wake(crew);
  join(crew);
}
