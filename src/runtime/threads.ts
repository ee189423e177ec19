/** What a thread of kernels needs: it runs the module's `serve(program, thread)` until the program says to quit. */
export interface KernelThreadSetup {
  readonly module: WebAssembly.Module;
  /** Shared. */
  readonly memory: WebAssembly.Memory;
  readonly program: number;
  readonly thread: number;
}

/** A thread that is ready for work. */
export interface KernelThread {
  terminate(): void;
}

/** The whole program of a thread, once it has its setup: it never comes back to an event loop while it serves. */
export const serveKernels = (ready: string): string => `
  const { exports } = new WebAssembly.Instance(setup.module, { env: { memory: setup.memory } });
  ${ready};
  exports.serve(setup.program, setup.thread);
`;
