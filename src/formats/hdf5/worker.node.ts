/** The HDF5 worker of Node. */
import { parentPort } from "node:worker_threads";
import { serve } from "./service.ts";

const answer = await serve((message, transfer) => parentPort!.postMessage(message, transfer));
parentPort!.on("message", answer);
