import type { StateCost } from "../cache-system.ts";
import { CheckpointComponent } from "./checkpoints.ts";
import type { CreateComponent } from "./component.ts";
import { KvComponent } from "./kv.ts";

/** The kinds of state that a model has; none where no layer of it has a state that could be cached. */
export function componentsOf({
  kvBytesPerToken,
  checkpointBytes,
}: Pick<StateCost, "kvBytesPerToken" | "checkpointBytes">): CreateComponent[] {
  const components: CreateComponent[] = [];
  if (kvBytesPerToken > 0) components.push((view) => new KvComponent(view, kvBytesPerToken));
  if (checkpointBytes > 0) components.push((view) => new CheckpointComponent(view, checkpointBytes));
  return components;
}
