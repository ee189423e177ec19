import { fileURLToPath } from "node:url";

/** Where a recording of ../shared/data/event-cameras is, if it is there. */
export const sharedEventFile = (name: string): string =>
  fileURLToPath(new URL(`../../../../shared/data/event-cameras/${name}`, import.meta.url));
