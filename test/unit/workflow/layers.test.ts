import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadWorkflow } from '../../../src/workflow/load.js';
import { load, problems, type Texts } from './loading.js';
import { memoryFiles } from './memory-files.js';
import { randomFrom } from './random.js';

const main = (rest: string) => `runflow: 1\n${rest}`;
const paramsOf = async (texts: Texts, profile?: string) => (await load(texts, { profile })).document.params;

test('a file that two others include takes nothing back from the first', async () => {
  const texts = {
    'lab/main.yaml': main('include: [one.yaml, two.yaml]'),
    'lab/one.yaml': main('include: [base.yaml]\nparams: { a: one }'),
    'lab/two.yaml': main('include: [base.yaml]\nparams: { b: two }'),
    'lab/base.yaml': main('params: { a: base, b: base, c: base }'),
  };
  assert.equal(await paramsOf(texts), { a: 'one', b: 'two', c: 'base' });
});

test('what a profile includes takes nothing back from the workflow that includes it too', async () => {
  const texts = {
    'lab/main.yaml': main('include: [base.yaml]\nparams: { a: main }'),
    'lab/profiles/toy.yaml': main('include: [../base.yaml, ../other.yaml]\nparams: { b: toy }'),
    'lab/base.yaml': main('params: { a: base, b: base, c: base }'),
    'lab/other.yaml': main('params: { c: other }'),
  };
  assert.equal(await paramsOf(texts, 'toy'), { a: 'main', b: 'toy', c: 'other' });
});

test('a later file wins over an earlier one also where another list includes that one again', async () => {
  const texts = {
    'lab/main.yaml': main('include: [one.yaml, two.yaml]'),
    'lab/one.yaml': main('include: [c.yaml]'),
    'lab/two.yaml': main('include: [d.yaml, c.yaml]'),
    'lab/c.yaml': main('params: { a: c }'),
    'lab/d.yaml': main('params: { a: d }'),
  };
  assert.equal(await paramsOf(texts), { a: 'c' });
});

test('two files that are each to win over the other are refused where they give the same', async () => {
  const texts = (of: { one: string; two: string }) => ({
    'lab/main.yaml': main('include: [one.yaml, two.yaml]'),
    'lab/one.yaml': main(`include: [two.yaml]\nparams: { ${of.one}: 1 }`),
    'lab/two.yaml': main(`params: { ${of.two}: 2 }`),
  });
  assert.equal(await paramsOf(texts({ one: 'a', two: 'b' })), { a: 1, b: 2 });
  assert.equal(await problems(texts({ one: 'a', two: 'a' })), [
    'lab/main.yaml:2:21: lab/one.yaml and lab/two.yaml both give params.a, and each is to win over the other',
  ]);
});

test('a workflow that includes its own profile and contradicts it is refused', async () => {
  const texts = {
    'lab/main.yaml': main('include: [profiles/toy.yaml]\nseed: 1'),
    'lab/profiles/toy.yaml': main('seed: 2'),
  };
  assert.is((await load(texts)).seed, 1);
  assert.match((await problems(texts, { profile: 'toy' }))[0]!, /both give seed, and each is to win/);
});

test('a profile under profiles: is what all files say of it, section by section', async () => {
  const texts = {
    'lab/main.yaml': main('include: [lab.yaml]\nprofiles: { toy: { params: { b: main } } }\nparams: { a: 1, b: 1 }'),
    'lab/lab.yaml': main('profiles: { toy: { seed: 5, params: { a: lab, b: lab } } }'),
  };
  const workflow = await load(texts, { profile: 'toy' });
  assert.is(workflow.seed, 5);
  assert.equal(workflow.document.params, { a: 'lab', b: 'main' });
});

test('what a profile cannot do is refused, not left out', async () => {
  const inline = (profile: string) => problems({ 'lab/main.yaml': main(`profiles: { toy: ${profile} }`) });
  for (const key of ['include', 'profile', 'profiles', 'runflow']) {
    assert.equal(await inline(`{ ${key}: 1 }`), [`lab/main.yaml:2:20: profiles.toy cannot have "${key}"`]);
  }
  assert.equal(await inline('5'), ['lab/main.yaml:2:18: profiles.toy must be a mapping of sections']);
  for (const name of ['../toy', 'a b', '..', 'x'.repeat(65)]) {
    assert.equal(await problems({ 'lab/main.yaml': main(`profiles: { "${name}": { seed: 1 } }`) }), [
      `lab/main.yaml:2:13: "${name}" cannot be a name in profiles`,
    ]);
  }
  assert.equal(await problems({ 'lab/main.yaml': main('profiles: [toy]') }), [
    'lab/main.yaml:2:11: profiles must be a mapping of profiles by name',
  ]);
  const texts = {
    'lab/main.yaml': main('seed: 1'),
    'lab/profiles/toy.yaml': main('include: [more.yaml]\nprofile: other'),
    'lab/profiles/more.yaml': main('profiles: { toy: { seed: 2 } }'),
  };
  assert.equal(await problems(texts, { profile: 'toy' }), [
    'lab/profiles/more.yaml:2:1: a profile lies over a workflow and has no "profiles" of its own',
    'lab/profiles/toy.yaml:3:1: a profile lies over a workflow and has no "profile" of its own',
  ]);
});

test('a section of another kind than the one below, or with nothing in it, is refused', async () => {
  const over = (text: string) =>
    problems({ 'lab/main.yaml': main(`include: [lab.yaml]\n${text}`), 'lab/lab.yaml': main('params: { a: 1 }') });
  assert.match((await over('params: [1]'))[0]!, /3:1: params is a list here and a mapping in what this is laid over/);
  assert.match((await over('params: 5'))[0]!, /params is a single value here/);
  assert.match((await over('params:'))[0]!, /params must be a mapping, not empty/);
  const texts = { 'lab/main.yaml': main('include: [lab.yaml]\nparams: { a: 1 }'), 'lab/lab.yaml': main('params:') };
  assert.equal(await paramsOf(texts), { a: 1 });
});

test('a file that is listed twice is refused, also under two names', async () => {
  const texts = { 'lab/one.yaml': main('seed: 1'), 'lab/two.yaml': main('seed: 2') };
  const twice = (list: string) =>
    problems(
      { ...texts, 'lab/main.yaml': main(`include: [${list}]`) },
      {},
      { 'lab/link.yaml': resolve('lab/one.yaml') },
    );
  assert.equal(await twice('one.yaml, two.yaml, one.yaml'), ['lab/main.yaml:2:31: lab/one.yaml is listed twice']);
  assert.equal(await twice('one.yaml, ./sub/../one.yaml'), ['lab/main.yaml:2:21: lab/one.yaml is listed twice']);
  assert.equal(await twice('one.yaml, link.yaml'), ['lab/main.yaml:2:21: lab/link.yaml is listed twice']);
  assert.is((await twice(Array(6000).fill('one.yaml').join(', '))).length, 1);
});

test('one file under two names is one file', async () => {
  const texts = {
    'lab/main.yaml': main('include: [one.yaml, link.yaml]'),
    'lab/one.yaml': main('include: [base.yaml]\nparams: { a: one }'),
    'lab/base.yaml': main('params: { a: base }'),
  };
  const workflow = await load(texts, {}, { 'lab/link.yaml': resolve('lab/base.yaml') }).catch((error: Error) => error);
  assert.match(String(workflow), /lab\/one.yaml and lab\/base.yaml both give params.a/);
});

test('twenty storeys of diamonds are read once each', async () => {
  const storeys = Array.from({ length: 20 }, (_, index) => [
    `lab/f${index}.yaml`,
    main(`include: [f${index + 1}.yaml, g${index}.yaml]\nparams: { p${index}: ${index} }`),
  ]);
  const sides = Array.from({ length: 20 }, (_, index) => [`lab/g${index}.yaml`, main(`include: [f${index + 1}.yaml]`)]);
  const texts = {
    'lab/main.yaml': main('include: [f0.yaml]'),
    ...Object.fromEntries([...storeys, ...sides]),
    'lab/f20.yaml': main('seed: 20'),
  };
  assert.is((await load(texts)).seed, 20);
});

const keys = ['a', 'b', 'c'];

interface File {
  readonly name: string;
  readonly includes: readonly number[];
  readonly gives: readonly string[];
}

/** Files 0 (a profile of the workflow), 1 (the workflow) … n−1, each including some of those after it in any order. */
function randomGraph(random: (below: number) => number): readonly File[] {
  const count = 3 + random(7);
  return Array.from({ length: count }, (_, index) => {
    const first = Math.max(index + 1, 2);
    const includes = Array.from({ length: count - first }, (_unused, offset) => first + offset);
    for (let at = includes.length - 1; at > 0; at--) {
      const other = random(at + 1);
      [includes[at], includes[other]] = [includes[other]!, includes[at]!];
    }
    const name = index === 0 ? 'profiles/toy.yaml' : index === 1 ? 'main.yaml' : `f${index}.yaml`;
    return { name, includes: includes.filter(() => random(2) === 0), gives: keys.filter(() => random(3) === 0) };
  });
}

function textOf({ includes, gives, name }: File, index: number, graph: readonly File[]): readonly [string, string] {
  const up = name.includes('/') ? '../' : '';
  const list = includes.map((other) => up + graph[other]!.name).join(', ');
  // An empty section is refused.
  const params = gives.length === 0 ? '' : `\nparams: { ${gives.map((key) => `${key}: ${index}`).join(', ')} }`;
  return [name, main(`include: [${list}]${params}`)];
}

test('in 2,000 random graphs of includes no override disappears', async () => {
  const random = randomFrom(7);
  let accepted = 0;
  let refused = 0;
  for (let round = 0; round < 2000; round++) {
    const graph = randomGraph(random);
    const profile = round % 2 === 0 ? 'toy' : undefined;
    const disk = memoryFiles(Object.fromEntries(graph.map(textOf)));
    const loaded = await loadWorkflow('main.yaml', { profile }, disk);
    const below = graph.map(() => new Set<number>());
    for (let index = graph.length - 1; index >= 0; index--) {
      for (const other of graph[index]!.includes) for (const one of [other, ...below[other]!]) below[index]!.add(one);
    }
    const tops = profile === undefined ? [1] : [1, 0];
    const reached = new Set(tops.flatMap((top) => [top, ...below[top]!]));
    // Everything that one file is to win over, by a rule or by several after one another.
    const lists = [tops, ...[...reached].map((index) => graph[index]!.includes)];
    const isOver = (stronger: number, weaker: number) =>
      below[stronger]!.has(weaker) ||
      lists.some((list) => list.includes(weaker) && list.indexOf(stronger) > list.indexOf(weaker));
    if (!loaded.ok) {
      refused++;
      const contradicts = [...reached].some((one) =>
        [...reached].some((other) => isOver(one, other) && reaches(other, one, [...reached], isOver)),
      );
      assert.ok(contradicts, `${JSON.stringify(graph)} is refused without need`);
      continue;
    }
    accepted++;
    const params = (loaded.value.document.params ?? {}) as Record<string, number>;
    for (const key of keys) {
      const givers = [...reached].filter((index) => graph[index]!.gives.includes(key));
      assert.is(params[key] === undefined, givers.length === 0);
      for (const other of givers) {
        if (other === params[key]) continue;
        assert.not(isOver(other, params[key]!), `${key} of file ${other} is lost: ${JSON.stringify(graph)}`);
      }
    }
  }
  assert.ok(accepted > 500 && refused > 100, `${accepted} accepted, ${refused} refused: the graphs test little`);
});

function reaches(from: number, to: number, all: readonly number[], isOver: (one: number, other: number) => boolean) {
  const seen = new Set([from]);
  for (const one of seen) for (const other of all) if (one !== other && isOver(one, other)) seen.add(other);
  return seen.has(to);
}

test.run();
