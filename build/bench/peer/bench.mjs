// Measures node-llama-cpp on a plaintext GGUF: the same numbers as build/bench/engine, as one JSON object.
//
//   npm ci --ignore-scripts && node bench.mjs FILE.gguf [tokens] [threads]
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const [file, tokens = "128", threads = String(availableParallelism())] = process.argv.slice(2);
const question =
  "Summarise the duties of an executor under a will, in the order in which they arise, and name for each of them " +
  "the deadline, the document that proves it, and who may demand to see it. Answer for an estate with a house, two bank " +
  "accounts, a car, and a daughter who lives abroad.";

const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.disabled });
const seconds = (from) => (performance.now() - from) / 1000;

let start = performance.now();
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
const context = await model.createContext({ contextSize: 2048, batchSize: 512, threads: Number(threads), sequences: 1 });
const load = seconds(start);

start = performance.now();
const prompt = model.tokenize(`<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`, true);
let first = 0;
let from = 0;
let output = 0;
for await (const token of context.getSequence().evaluate(prompt, { temperature: 0 })) {
  if (output === 0) {
    first = seconds(start);
    from = performance.now();
  }
  if (model.isEogToken(token)) break;
  model.detokenize([token]);
  output++;
  if (output >= Number(tokens)) break;
}
const decode = (output - 1) / seconds(from);
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;

console.log(
  JSON.stringify({
    loadSeconds: load,
    firstTokenSeconds: first,
    decodeTokensPerSecond: decode,
    peakRSSMiB: peak,
    promptTokens: prompt.length,
    outputTokens: output,
  }),
);
process.exit(0);
