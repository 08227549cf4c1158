import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ChatMessage, chatFormat } from '../../../src/data/chat-format.js';
import { applyTemplate } from '../../../src/data/prompt-template.js';
import { DataError } from '../../../src/diagnostics/errors.js';

/** What Jinja made of a template; null: it refused. See make-chat-templates.py beside the file. */
interface Case {
  readonly name: string;
  readonly template: string;
  readonly messages: readonly ChatMessage[];
  readonly prompt: boolean;
  readonly text: string | null;
}

const fixture = new URL('../../../../test/fixtures/data/chat-templates.json', import.meta.url);
const cases = JSON.parse(readFileSync(fixture, 'utf8')) as Case[];
const special = { bos_token: '<s>', eos_token: '</s>' };

function rendered({ template, messages, prompt }: Pick<Case, 'template' | 'messages' | 'prompt'>): string | DataError {
  try {
    return chatFormat(template, special).render(messages, prompt);
  } catch (error) {
    assert.instance(error, DataError, String((error as Error).stack));
    return error as DataError;
  }
}

test('whole chat templates give the text that they give in transformers, or refuse as there', () => {
  const whole = cases.filter(({ name }) => name !== 'piece');
  assert.ok(whole.length >= 56);
  for (const one of whole) {
    const text = rendered(one);
    if (one.text === null) assert.instance(text, DataError, one.name);
    else assert.is(text, one.text, `${one.name}: ${text instanceof Error ? text.message : ''}`);
  }
});

test('what Python prints otherwise than JavaScript is equal, or an error that says what is not done', () => {
  const pieces = cases.filter(({ name }) => name === 'piece');
  const refused: string[] = [];
  for (const one of pieces) {
    const text = rendered(one);
    if (text instanceof DataError) {
      assert.match(text.message, /^The chat template cannot be applied: /);
      if (one.text !== null) refused.push(`${one.template}: ${text.message}`);
    } else assert.is(text, one.text, one.template);
  }
  assert.ok(refused.length <= 30, refused.join('\n'));
});

test('a template that opens what it does not close is refused in words, not in those of the engine', () => {
  for (const template of [
    '{% if true %}x',
    '{% for x in y %}x',
    '{% macro f() %}x',
    '{% set x %}y',
    '{{ x',
    '{{ (1',
    '{% if',
  ]) {
    const error = rendered({ template, messages: [], prompt: true });
    assert.instance(error, DataError, template);
    assert.not.match((error as DataError).message, /undefined|function|iterable|object/, template);
  }
});

test('no name of JavaScript leads out of a template', () => {
  const names = ['constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'length', 'size', 'call', 'then'];
  const values = [
    'nothing',
    'messages',
    'messages[0]',
    "''",
    '{}',
    '[]',
    '(1, 2)',
    'none',
    '1',
    'range',
    'namespace(a=1)',
  ];
  for (const value of values) {
    for (const name of names) {
      for (const template of [`{{ (${value}).${name} }}`, `{{ (${value})['${name}'] }}`, `{{ ${name} }}`]) {
        const text = rendered({ template, messages: [{ role: 'user', content: 'x' }], prompt: true });
        assert.ok(text instanceof DataError || text === '', `${template} is ${String(text)}`);
      }
    }
  }
});

test('a template that writes the date of the day is an error: the same workflow would give other numbers tomorrow', () => {
  const clock = chatFormat('{{ strftime_now("%d %B %Y") }}{{ messages[0].content }}', special);
  assert.throws(() => clock.render([{ role: 'user', content: 'x' }], true), /date of the day .*strftime_now/);
  const guarded = chatFormat(
    '{% if date_string is defined %}{{ date_string }}{% else %}{{ strftime_now("") }}{% endif %}',
    {},
  );
  assert.is(guarded.render([], true), '26 Jul 2024');
});

test('a template that does not come to an end is stopped, and named', () => {
  const loops = '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}';
  const doubling =
    '{% set ns = namespace(s="x") %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}';
  const itself = '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}';
  for (const template of [loops, doubling, itself, '{{ range(10**9) }}', '{{ 9 ** 9 ** 9 ** 9 }}']) {
    assert.throws(() => chatFormat(template, {}).render([], true), /^The chat template cannot be applied: /, template);
  }
});

test('a template that calls itself without end, or is nested too deeply, is refused in words', () => {
  for (const template of [
    '{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}',
    `{{ ${'['.repeat(5000)}${']'.repeat(5000)} }}`,
  ]) {
    assert.throws(() => chatFormat(template, {}).render([], true), /nested too deeply, or calls itself without end/);
  }
});

test('a template that makes ever more of what it has is stopped before memory is full', () => {
  const grow = (start: string, more: string, end: string) =>
    `{% set ns = namespace(a=${start}, kept=[]) %}{% for i in range(60) %}{% set ns.a = ${more} %}{% endfor %}{{ ${end} }}`;
  const large =
    "{% set ns = namespace(a='x', kept=[]) %}{% for i in range(20) %}{% set ns.a = ns.a + ns.a %}{% endfor %}";
  for (const template of [
    // V8 ends the process at an array of so many items.
    grow('[1]', 'ns.a + ns.a', 'ns.a|length'),
    grow("['x']", '[ns.a, ns.a]', 'ns.a'),
    grow("['x']", '[ns.a, ns.a]', 'ns.a|tojson'),
    grow("'x'", 'ns.a + ns.a', 'ns.a'),
    `${large}{{ ns.a|replace('x', ns.a) }}`,
    `${large}{{ [ns.a, ns.a, ns.a]|join(ns.a)|join(ns.a) }}`,
    `${large}{% for i in range(9000) %}{% set ns.kept = ns.kept + [ns.a|upper] %}{% endfor %}`,
    `${large}{% for i in range(9000) %}{% set ns.kept = ns.kept + [ns.a|list] %}{% endfor %}`,
    '{{ [[1]]|tojson(indent=400000000) }}',
  ]) {
    assert.throws(
      () => chatFormat(template, {}).render([], true),
      (error: Error) =>
        error instanceof DataError && /more than \d+ (?:characters|items)|steps|spaces/.test(error.message),
      template,
    );
  }
  assert.ok(process.memoryUsage.rss() < 1.5e9, String(process.memoryUsage.rss()));
});

test('what a template writes behind an answer is known, whether it is a token or a text', () => {
  const chatml = '{% for m in messages %}{{ "<|im_start|>" + m.role + "\n" + m.content + "<|im_end|>\n" }}{% endfor %}';
  assert.is(chatFormat(chatml, {}).turnEnd(), '<|im_end|>\n');
  assert.is(chatFormat('{% for m in messages %}{{ m.content }}{% endfor %}', {}).turnEnd(), '');
});

test('without a default template the error says that the additional ones are not read', () => {
  try {
    applyTemplate('chat', 'x', 'y', undefined);
    assert.unreachable();
  } catch (error) {
    assert.match((error as DataError).message, /no chat template/);
    assert.match((error as DataError).hint ?? '', /additional_chat_templates\/ are not read.*chat_template\.jinja/);
  }
});

test.run();
