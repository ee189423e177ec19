/** The HDF5 worker of a browser. */
import type { Request } from "./protocol.ts";
import { serve } from "./service.ts";

const answer = await serve((message, transfer) => postMessage(message, { transfer }));
addEventListener("message", ({ data }: MessageEvent<Request>) => answer(data));
