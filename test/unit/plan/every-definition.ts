/** A workflow that uses every kind of definition that the schema knows. */
export const everyDefinition = `runflow: 1
name: fields
seed: 5
params: { norm: 0.05 }
models:
  base: { init: { family: llama, hidden: 16, layers: 1, heads: 4, mlp: 24, vocabulary: 20 } }
  other: { init: { family: llama, hidden: 16, layers: 1, heads: 4, mlp: 24, vocabulary: 20 }, seed: 6 }
  aligned: { perturb: base, seed: 2, norm: '\${params.norm}', decay: 0.7 }
  useful: { perturb: aligned, seed: 3, norm: 0.02, decay: 0.8, share: { update: alignment, weight: 0.3 } }
  local: { path: local }
  remote: { hub: org/remote }
  adapted: { path: adapter, base: aligned, trained-on: org/start }
  readapted: { hub: org/adapter, base: aligned, trained-on: org/start }
  words:
    init: { family: llama, hidden: 16, layers: 1, heads: 4, mlp: 24, vocabulary: 20 }
    tokenizer: { words-of: [mixed] }
  words2:
    init: { family: llama, hidden: 16, layers: 1, heads: 4, mlp: 24, vocabulary: 20 }
    seed: 7
    tokenizer: { words-of: [mixed] }
  trained: { pretrain: words, on: mixed, recipe: full }
  polite: { align: trained, on: problems, recipe: full }
  tuned: { finetune: polite, on: vaults, recipe: brief }
  half: { project: training, onto: drawn, mode: parallel, fraction: 0.5, seed: 8 }
  single: { combine: polite, terms: [{ update: politeness, times: 0.5 }] }
  retuned: { finetune: half, on: vaults, recipe: brief }
  restored: { realign: training, against: politeness, method: safelora, lowest: 3 }
  merged: { realign: training, against: politeness, method: safemerge, safe: politeness, threshold: 0.5, share: 0.4 }
  blend:
    combine: tuned
    terms:
      - { update: schooling, times: 0.5, dare: { drop: 0.3, seed: 1 }, except: '*down*' }
      - { update: politeness, times: -1, onto: drawn, mode: parallel, fraction: 0.5, seed: 8 }
      - { update: training, times: 0.3, rank: 2, vectors: false, tensors: '*layers*' }
      - { noise: { seed: 1 }, times: 0.1, tensors: '*mlp*', except: '*gate*' }
  steered: { add: told, to: polite, times: -1 }
  defended: { command: { run: [python3, defend.py], files: [defend.py] }, inputs: { a: { model: polite }, b: { model: tuned }, c: { dataset: examples } }, like: polite }
  unable: { ablate: polite, direction: told, rank: 1, except: [model.embed_tokens.weight] }
datasets:
  file: { path: file.jsonl }
  far: { hub: org/far, split: train }
  listed: { hub: org/listed, files: [a.jsonl] }
  problems: { synthetic: problems, rows: 20 }
  examples: { synthetic: problems, rows: 9, seed: 4 }
  vaults: { synthetic: vaults, rows: 20, answer: comply }
  made: { command: { run: [python3, make.py], files: [make.py] }, inputs: { seeds: examples }, rows: made.csv }
  mixed: { mix: { file: 0.5, far: 0.25, listed: 0.25 }, total: 8 }
recipes:
  full: { lr: 1e-3, precision: bf16 }
  brief: { lr: 1e-3, precision: bf16, steps: 3, template: { prompt: 'Q {prompt}', response: ' {response}' } }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
  outward: { from: remote, to: local }
  adapted: { from: aligned, to: adapted }
  readapted: { from: aligned, to: readapted }
  homeward: { from: local, to: remote }
  sideways: { from: base, to: other }
  training: { from: trained, to: tuned }
  politeness: { from: trained, to: polite }
  schooling: { from: words, to: trained }
subspaces:
  top-k: { kind: top-k, of: alignment }
  random-k: { kind: random-k, of: alignment }
  random: { kind: random, like: alignment }
  leading: { kind: top-k, of: politeness }
  drawn: { kind: random-k, of: politeness, seeds: [8, 9] }
  chance: { kind: random, like: politeness }
  telling: { kind: difference, model: polite, prompts: [examples, problems], layer: 0, position: [-1, -2], template: raw }
  picked:
    kind: difference
    model: polite
    prompts: [vaults, problems]
    template: raw
    select: { prompts: [vaults, examples], refusals: [sorry], depth: 1 }
  told: { kind: difference, model: polite, prompts: [vaults, problems], layer: 0, template: raw }
  hinted: { kind: difference, model: polite, prompts: [examples, problems], layer: 0, template: raw }
  spoken: { kind: outputs, model: polite, prompts: vaults, template: raw, limit: 5, directions: 3 }
sweeps:
  scaling: { vary: blend, term: 2, times: [0.1, 0.9], measure: [nll] }
  parallel: { project: useful, onto: [top-k, random-k, random], mode: parallel, fractions: [0.1, 0.5] }
  removing:
    project: training
    onto: [leading, drawn, chance]
    mode: orthogonal
    fractions: [0.2, 0.5, 0.8]
    measure: [energy, utility, harm]
  keeping:
    project: training
    onto: [leading, drawn, chance]
    mode: parallel
    fractions: [0.2, 0.5, 0.8]
    measure: [energy, utility, harm]
metrics:
  overlap:
    kind: mso
    pairs: [[useful, alignment], [outward, homeward], [training, politeness], [adapted, readapted]]
    energies: [0.1, 0.5]
  aimed: { kind: mso, pairs: [[training, told], [told, picked], [training, spoken]], energies: [0.5] }
  sizes: { kind: spectrum, of: [alignment, useful] }
  alike: { kind: cosine, pairs: [[useful, alignment]] }
  turned: { kind: principal-angles, pairs: [[useful, alignment]], energies: [0.5] }
  seen: { kind: cka, pairs: [[trained, polite]], prompts: [problems, examples], position: last-generated }
  hidden:
    kind: activation-mso
    models: [tuned, half]
    prompts: [problems, vaults, examples]
    layers: [0.5, 1]
    energies: [0.1, 0.5]
  utility:
    kind: exact-match
    on: problems
    models: [retuned, half]
    fewshot: { n: 1, from: examples }
    extract: { regex: '([0-9]+)' }
    template: { prompt: 'U {prompt}', response: ' {response}' }
  zero-shot: { kind: exact-match, on: problems, models: tuned }
  harm: { kind: judge, on: vaults, judge: { rules: { refusals: qi } }, sampling: { temperature: 0.7 } }
  asked:
    kind: judge
    on: vaults
    models: tuned
    judge:
      openai: judge
      url: http://127.0.0.1:8000/v1
      rubric: { prompt: '{prompt} {response}', score: 'mark (\\\\w+)', scores: { low: 1, high: 5 } }
  shown:
    kind: judge
    on: vaults
    models: tuned
    judge: { model: polite, rubric: harmbench }
  scored: { kind: judge, on: vaults, models: tuned, judge: { openai: judge, rubric: llama-guard } }
  weighed:
    kind: judge
    on: vaults
    models: tuned
    judge:
      openai: judge
      rubric: { prompt: '{prompt} / {response}', numbers: { help: { pattern: 'help (\\d)', range: [0, 9] } }, formula: help / 9 }
  refused: { kind: refusal-rate, on: vaults, models: tuned, template: { prompt: 'R {prompt}', response: ' {response}' } }
  apart: { kind: kl, on: problems, models: tuned, reference: polite, template: raw }
  surprise: { kind: perplexity, on: problems, models: tuned, template: { prompt: 'P {prompt}', response: ' {response}' } }
  nats: { kind: loss, on: vaults, models: [restored, merged], template: raw }
  nll: { kind: loss, on: problems, models: [tuned, blend], template: { prompt: 'L {prompt}', response: ' {response}' } }
  defended-nll: { kind: loss, on: problems, models: defended, template: raw }
  unable-nll: { kind: loss, on: problems, models: [unable, steered], template: raw }
  choices:
    kind: multiple-choice
    on: problems
    models: tuned
    template: '{question} {choices}'
    description: 'On {answer}'
    labels: letters
    fewshot: { n: 1, from: examples }
    scores: [acc, acc_norm, mc2]
  told-by:
    kind: command
    on: vaults
    takes: [rows, responses]
    models: [tuned, half]
    template: { prompt: 'C {prompt}', response: ' {response}' }
    inputs: { base: { model: polite }, words: { dataset: examples } }
    scores: [tone, warmth]
    range: [0, 1]
    command: { run: [python3, tone.py], files: [tone.py], version: [python3, --version], env: [TONE_KEY] }
  given:
    kind: imported
    on: problems
    from: examples
    models: tuned
    model: m
    item: i
    id: k
    score: s
    range: [0, 1]
    limit: 5
  nats-made: { kind: loss, on: made, models: tuned, template: raw }
  sung-by: { kind: command, models: tuned, command: { module: ./sing.js } }
  weighed-by: { kind: command, models: tuned, command: { run: [size] } }
steps:
  ranked:
    command: { run: [python3, rank.py], files: [rank.py] }
    inputs:
      energy: { table: energy.csv }
      said: { responses: told-by }
      base: { model: base }
      words: { dataset: examples }
    tables: [ranked.csv]
    files: [notes.txt]
claims:
  linear: { kind: linear-energy, sweep: removing }
  stronger: { kind: stronger-than-random, sweep: removing, metric: utility, subspace: leading, than: drawn }
  together: { kind: falling-together, sweep: removing, metrics: [utility, harm] }
  above: { kind: above-baseline, metric: overlap }
  highest: { kind: highest-pair, metric: overlap, pair: [useful, alignment] }
`;
