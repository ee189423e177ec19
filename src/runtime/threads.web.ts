import { type KernelThread, type KernelThreadSetup, serveKernels } from "./threads.ts";

const program = `
  onmessage = ({ data: setup }) => {
    ${serveKernels('postMessage("ready")')}
  };
`;

/** Starts a thread of kernels; the page has to be cross-origin isolated, and may have to allow workers from blobs. */
export async function startKernelThread(setup: KernelThreadSetup): Promise<KernelThread> {
  const address = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const worker = new Worker(address);
  try {
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(setup);
    });
  } finally {
    URL.revokeObjectURL(address);
  }
  return { terminate: () => worker.terminate() };
}
