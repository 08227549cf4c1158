/** Some seconds of training, with a state saved behind each step. */
export const longTraining = (name: string, steps: number) => `runflow: 1
name: ${name}
datasets: { lessons: { synthetic: problems, rows: 300, seed: 1 } }
recipes:
  long:
    lr: 3e-3
    steps: ${steps}
    batch: 24
    precision: bf16
    rounding: stochastic
    checkpoint-every: 1
    template: { prompt: "user : {prompt} assistant :", response: " {response}" }
models:
  scratch:
    init: { family: qwen2, hidden: 48, layers: 2, heads: 4, kv-heads: 2, mlp: 96, vocabulary: 112, tied: true }
    tokenizer: { words-of: [lessons] }
  trained: { pretrain: scratch, on: lessons, recipe: long }
metrics:
  loss: { kind: loss, on: lessons, template: { prompt: "user : {prompt} assistant :", response: " {response}" }, models: trained }
`;
