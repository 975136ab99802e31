/** How long the instance may take beyond its own deadline and grace until it counts as lost, ms. */
export const EXECUTION_SLACK_MS = 30_000;
