// Measures node-llama-cpp on a plaintext GGUF: the same numbers as build/bench/engine, which starts it, as one JSON object.
//
//   npm ci --ignore-scripts && node bench.mjs JOB
import { readFileSync } from "node:fs";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const job = JSON.parse(process.argv[2]);
const shortAnswer = 16;

const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.disabled });
const seconds = (from) => (performance.now() - from) / 1000;

let start = performance.now();
const model = await llama.loadModel({ modelPath: job.file, gpuLayers: 0 });
const context = await model.createContext({ contextSize: job.context, batchSize: job.batch, threads: job.threads, sequences: 1 });
const run = { loadSeconds: seconds(start) };
if (job.justLoad) finish();

const sequence = context.getSequence();
// Computes a prompt and as many tokens of an answer, and says when the first of them was there.
async function answer(prompt, most) {
  const tokens = [];
  let first = 0;
  for await (const token of sequence.evaluate(prompt, { temperature: 0 })) {
    if (first === 0) first = performance.now();
    if (model.isEogToken(token)) break;
    model.detokenize([token]);
    tokens.push(token);
    if (tokens.length >= most) break;
  }
  return { first, tokens };
}

start = performance.now();
let prompt = model.tokenize(job.prompt, true);
let { first, tokens } = await answer(prompt, job.tokens);
run.firstTokenSeconds = (first - start) / 1000;
run.decodeTokensPerSecond = (tokens.length - 1) / seconds(first);
run.promptTokens = prompt.length;
run.outputTokens = tokens.length;

await sequence.clearHistory();
start = performance.now();
prompt = model.tokenize(job.document, true);
({ first, tokens } = await answer(prompt, shortAnswer));
run.promptTokensPerSecond = prompt.length / ((first - start) / 1000);

// It reads the whole conversation again for the second question.
await sequence.clearHistory();
start = performance.now();
prompt = [...prompt, ...tokens, ...model.tokenize(job.next, true)];
({ first } = await answer(prompt, 1));
run.secondTurnSeconds = (first - start) / 1000;
run.secondTurnTokens = prompt.length;
finish();

function finish() {
  run.peakRSSMiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
  console.log(JSON.stringify(run));
  process.exit(0);
}
