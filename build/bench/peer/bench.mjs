// node-llama-cpp on a plaintext GGUF, as a side of build/bench/engine, which starts it: loads the model and says in how many
// seconds, then answers each line of JSON, a question, by one.
//
//   npm ci --ignore-scripts && node bench.mjs JOB
import { createInterface } from "node:readline";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const job = JSON.parse(process.argv[2]);

const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.disabled });
const seconds = (from) => (performance.now() - from) / 1000;
const put = (value) => console.log(JSON.stringify(value));

const began = performance.now();
const model = await llama.loadModel({ modelPath: job.file, gpuLayers: 0 });
const context = await model.createContext({ contextSize: job.context, batchSize: job.batch, threads: job.threads, sequences: 1 });
put(seconds(began));

const turn = (text) => `<|im_start|>user\n${text}<|im_end|>\n<|im_start|>assistant\n`;
const sequence = context.getSequence();
let conversation = [];
for await (const line of createInterface({ input: process.stdin })) {
  const { question, anew, most } = JSON.parse(line);
  await sequence.clearHistory(); // it reads the whole conversation again for each question
  const start = performance.now();
  conversation = anew ? model.tokenize(turn(question), true) : [...conversation, ...model.tokenize(`<|im_end|>\n${turn(question)}`, true)];
  const said = { promptTokens: conversation.length, newTokens: conversation.length };
  const tokens = [];
  for await (const token of sequence.evaluate(conversation, { temperature: 0 })) {
    said.firstSeconds ??= seconds(start);
    if (model.isEogToken(token)) break;
    model.detokenize([token]);
    tokens.push(token);
    if (tokens.length >= most) break;
  }
  conversation.push(...tokens);
  put({ ...said, allSeconds: seconds(start), outputTokens: tokens.length });
}
process.exit(0);
