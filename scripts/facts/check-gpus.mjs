// What an entry of facts/gpus.json must have before a catalogue is made of it.

import { FactsError } from "./facts-error.mjs";
import { checkFields, list, nullable, number, object, text } from "./fields.mjs";

/** @typedef {any} Facts gpus.json, or a part of it. */

const file = "facts/gpus.json";

const gpu = {
  id: text,
  name: text,
  architecture: text,
  compute_capability: nullable(text),
  bf16_dense_tflops: nullable(number),
  fp16_dense_tflops: number,
  fp8_dense_tflops: nullable(number),
  fp4_dense_tflops: nullable(number),
  memory_gb_marketed: number,
  memory_bytes_reported: nullable(number),
  memory_bandwidth_gb_per_s: number,
  host_to_device_gb_per_s_theoretical: nullable(number),
  host_to_device_gb_per_s_measured: nullable(number),
  nvlink_gb_per_s_bidirectional: nullable(number),
  measured_matmul_bf16_tflops: nullable(number),
  measured_matmul_fp8_tflops: nullable(number),
  prefill_mfu: object,
  sources: list,
  confidence: text,
  notes: list,
};
/** For people: no formula reads them. */
const optional = {
  vendor: text,
  pcie_generation: nullable(number),
  tdp_watts: nullable(number),
  price_usd_per_hour: nullable(object),
};

/** Throws `FactsError` at the first thing that is wrong. @param {Facts} facts */
export function checkGpus(facts) {
  const names = new Map();
  for (const [index, entry] of facts.gpus.entries()) {
    const where = typeof entry.id === "string" ? `"${entry.id}"` : `GPU ${index + 1}`;
    checkFields(entry, gpu, { file, where }, optional);
    checkFields(
      entry.prefill_mfu,
      { low: number, typical: number, high: number, basis: text },
      { file, where: `${where}, prefill_mfu` },
    );
    if (entry.sources.length === 0)
      throw new FactsError(
        file,
        where,
        "sources is empty",
        "name the data sheet or tool that each number was read from",
      );
    for (const name of [entry.id, entry.name]) {
      const other = names.get(name.toLowerCase());
      if (other !== undefined && other !== where)
        throw new FactsError(
          file,
          where,
          `the name ${name} is also that of ${other}`,
          "give each GPU its own",
        );
      names.set(name.toLowerCase(), where);
    }
  }
}
