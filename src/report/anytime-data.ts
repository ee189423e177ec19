/** Accuracy against mean time steps of a network that stops when it is sure: plain data for the figure and the table. */
export interface AnytimeReport {
  rule: string;
  threshold: number;
  fixed: { steps: number; accuracy: number; accuracyBySteps: readonly number[]; imagesPerSecond: number };
  anytime: {
    accuracy: number;
    meanSteps: number;
    imagesBySteps: readonly number[];
    imagesPerSecond: number;
    changedDecisions: number;
  };
  calibration: { images: number; accuracy: number };
  images: number;
  curves: readonly {
    rule: string;
    points: readonly AnytimeReportPoint[];
    chosen?: AnytimeReportPoint | undefined;
  }[];
}

export interface AnytimeReportPoint {
  threshold: number;
  accuracy: number;
  meanSteps: number;
  calibration: { accuracy: number; meanSteps: number };
}
