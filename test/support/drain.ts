export { drain } from "../../src/core/drain.ts";
