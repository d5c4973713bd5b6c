/** A request as the artifact's traces have it. */
export interface ArtifactRequest {
  /** Input followed by output. */
  readonly tokens: Int32Array;
  readonly inputLength: number;
}
