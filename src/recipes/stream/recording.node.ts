import { openEventFile } from "../../formats/events/files.node.ts";
import type { SensorSize } from "../../formats/events/packet.ts";
import type { EventStream, ReadEventsOptions } from "../../formats/events/read.ts";
import { nmnistSensor } from "../../formats/nmnist.ts";

export interface Recording {
  readonly stream: EventStream;
  /** As given, as the file says, or that of N-MNIST; undefined where nobody knows. */
  readonly sensor: SensorSize | undefined;
}

/**
 * Opens a recording for a network with this input. N-MNIST's format says no size; one that is streamed to a network for
 * N-MNIST's size is taken to have it, so that events outside are corrupt.
 */
export async function openRecording(
  path: string,
  input: SensorSize,
  { sensor, ...options }: Omit<ReadEventsOptions, "sensor"> & { readonly sensor?: SensorSize | undefined },
): Promise<Recording> {
  const stream = await openEventFile(path, { ...options, ...(sensor && { sensor }) });
  const known = sensor ?? stream.header.sensor;
  const isNmnist = input.width === nmnistSensor.width && input.height === nmnistSensor.height;
  if (known !== undefined || stream.header.format !== "atis" || !isNmnist) return { stream, sensor: known };
  await stream.close();
  return { stream: await openEventFile(path, { ...options, sensor: nmnistSensor }), sensor: nmnistSensor };
}
