import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError, InterruptedError } from '../../../src/diagnostics/errors.js';
import { Budget } from '../../../src/eval/budget.js';
import { ServerRefusedError, ServerUnreachableError } from '../../../src/eval/chat-server.js';
import type { JudgeItem, JudgeRun } from '../../../src/eval/judge.js';
import { judgeKey, ServerJudge } from '../../../src/eval/openai-judge.js';
import { type Asked, ChatStandIn, completion, json, type Misbehaviour } from './chat-stand-in.js';
import { allOf, byItem, failure, items, key, MemoryCache, patience, withServer, worth } from './judge-lab.js';

test('every item gets its own verdict, in order, with the key, the model and greedy sampling', () =>
  withServer(async (server, judge) => {
    byItem(server);
    const verdicts = await judge().verdicts(items(30));
    assert.equal(
      verdicts.map(({ score }) => score),
      items(30).map((_, index) => worth(index)),
    );
    assert.is(server.asked.length, 30);
    const { url, authorization, body } = server.asked[0]!;
    assert.equal([url, authorization], ['/v1/chat/completions', `Bearer ${key}`]);
    assert.equal([body.model, body.temperature, body.max_tokens, body.seed], ['judge-1', 0, 64, 3]);
  }));

test('as many requests are under way at once as was asked for, and no more', () =>
  withServer(async (server, judge) => {
    server.misbehave = (response) => {
      setTimeout(() => json(response, completion('#thescore: 1')), 10);
    };
    await judge({ concurrency: 3 }).verdicts(items(12));
    assert.is(server.mostUnderWay, 3);
  }));

/** What a server may do to a request; every other request is answered well, and so must every item be in the end. */
const passing: Readonly<Record<string, Misbehaviour>> = {
  'too many requests': (response) => json(response, { error: { message: 'slow down' } }, 429, { 'retry-after': '0' }),
  'too many requests, until a date': (response) =>
    json(response, {}, 429, { 'retry-after': new Date(Date.now() + 10).toUTCString() }),
  'an internal error': (response) => json(response, { error: { message: 'oops' } }, 500),
  'a bad gateway with a page': (response) =>
    response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>502</h1>'),
  'no answer at all': () => undefined,
  'headers and then silence': (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders(),
  'a slow drip': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  },
  'a cut connection': (_, __, ___, request) => request.socket.destroy(),
  'a connection cut in the middle of the body': (response, _, __, request) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
    response.write('{"choices": [');
    setTimeout(() => request.socket.destroy(), 5);
  },
  'a body that ends in the middle': (response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"choices": [{"message": {"content": "#thesco'),
  'a huge body': (response) => {
    response.on('error', () => undefined);
    response.writeHead(200, { 'content-type': 'application/json' }).end(`{"a": "${'x'.repeat(200_000)}"}`);
  },
  'JSON of something else': (response) => json(response, { status: 'ok' }),
  'no choices': (response) => json(response, { ...completion('x'), choices: [] }),
  'a choice without a message': (response) => json(response, { choices: [{ text: '#thescore: 5' }] }),
  'a message without content': (response) => json(response, completion(null)),
  'a list': (response) => json(response, [1, 2]),
  'a page of a proxy': (response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>log in</html>'),
  'no body': (response) => response.writeHead(200).end(),
  'a broken protocol': (_, __, ___, request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
};

for (const [what, misbehaviour] of Object.entries(passing)) {
  test(`no verdict is lost when the server now and then gives ${what}`, () =>
    withServer(async (server, judge) => {
      byItem(server);
      const met = new Set<string>();
      server.misbehave = (response, count, asked, request) => {
        // Every third item, the first time it is asked about.
        const item = asked.body.messages[0]!.content;
        const first = !met.has(item);
        met.add(item);
        return first && /response \d*[0369]\b/.test(item) ? misbehaviour(response, count, asked, request) : false;
      };
      const verdicts = await judge().verdicts(items(10));
      assert.equal(
        verdicts.map(({ score }) => score),
        items(10).map((_, index) => worth(index)),
      );
      assert.is(server.asked.length, 14);
    }));

  test(`verdicts are kept and the error is typed when the server only ever gives ${what}`, () =>
    withServer(async (server, judge) => {
      byItem(server);
      const cache = new MemoryCache();
      const down: Misbehaviour = (response, count, asked, request) =>
        count < 3 ? false : misbehaviour(response, count, asked, request);
      server.misbehave = down;
      const error = await failure(judge({ concurrency: 1 }).verdicts(items(6), { cache }));
      assert.instance(error, ServerUnreachableError);
      assert.is(error.exitCode, 3);
      assert.match(error.message, /gives no answer in 3 attempts: \S/);
      assert.not.match(allOf(error), key);
      assert.is(cache.verdicts.size, 3);
      server.misbehave = undefined;
      const before = server.asked.length;
      const verdicts = await judge().verdicts(items(6), { cache });
      assert.is(server.asked.length - before, 3, 'what was judged is not asked again');
      assert.equal(
        verdicts.map(({ score }) => score),
        items(6).map((_, index) => worth(index)),
      );
    }));
}

/** Asking again would not help: the error comes at once, or once it is clear that it is not about one question. */
const lasting: Readonly<Record<string, readonly [Misbehaviour, status: number, hint: RegExp, asked?: number]>> = {
  'a wrong key': [
    (response) => json(response, { error: { message: `Incorrect API key provided: ${key}` } }, 401),
    401,
    /environment variable/,
  ],
  'a forbidden model': [
    (response) => json(response, { error: { message: 'no' } }, 403),
    403,
    /may not use this model/,
    3,
  ],
  'an unknown address': [(response) => response.writeHead(404).end('not found'), 404, /Check `url`/],
  'a request it does not take': [
    (response) => json(response, { error: { message: 'max_tokens' } }, 400),
    400,
    /max-tokens/,
    3,
  ],
  'an account without credit': [
    (response) => json(response, { error: { code: 'insufficient_quota', message: 'pay' } }, 429),
    429,
    /no credit/,
  ],
};

for (const [what, [misbehaviour, status, hint, asked = 1]] of Object.entries(lasting)) {
  test(`a server that says ${what} is not asked again`, () =>
    withServer(async (server, judge) => {
      server.misbehave = misbehaviour;
      const error = await failure(judge({ concurrency: 1 }).verdicts(items(5)));
      assert.instance(error, ServerRefusedError);
      assert.is((error as ServerRefusedError).status, status);
      assert.match(error.hint!, hint);
      assert.not.match(allOf(error), key);
      assert.is(server.asked.length, asked);
    }));
}

/** What a server may always do to one question, and what it makes of that question's verdict. */
const odd: Readonly<Record<string, readonly [Misbehaviour, raw: RegExp, asked: number]>> = {
  'no choice': [(response) => json(response, { ...completion('x'), choices: [] }), /no answer: .*without a message/, 3],
  'no content': [(response) => json(response, completion(null)), /no answer: .*without content \(stop\)/, 3],
  'an empty content': [(response) => json(response, completion(' \n')), /no answer: .*without content \(stop\)/, 3],
  'an answer cut before it began': [
    (response) => json(response, completion('', { finish_reason: 'length' })),
    /^\[length: max-tokens/,
    1,
  ],
  'a call of a tool': [
    (response) => json(response, completion(null, { message: { content: null, tool_calls: [{ id: 'a' }] } })),
    /^\[tool_calls/,
    1,
  ],
  'thoughts and no answer': [
    (response) => json(response, completion(null, { message: { content: null, reasoning_content: '#thescore: 5' } })),
    /^\[stop: thoughts/,
    1,
  ],
  'a refusal in parts': [
    (response) => json(response, completion(null, { message: { content: [{ type: 'refusal', refusal: 'no' }] } })),
    /^\[refusal: no\]$/,
    1,
  ],
  'a page of a proxy': [
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>blocked</h1>'),
    /no answer: .*not JSON: <h1>blocked/,
    4,
  ],
  'an error with status 200': [
    (response) => json(response, { error: { message: 'upstream', code: 502 } }),
    /no answer: .*status 502: upstream/,
    4,
  ],
  'an answer that is too long': [
    (response) => {
      response.on('error', () => undefined);
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"a": "${'x'.repeat(200_000)}"}`);
    },
    /no answer: .*more than 10000 bytes/,
    3,
  ],
  'a refusal of its length': [
    (response) => json(response, { error: { message: 'too long', code: 'context_length_exceeded' } }, 400),
    /no answer: .*refuses \(400\): too long/,
    1,
  ],
  'a page that forbids': [
    (response) => response.writeHead(403).end('<h1>firewall</h1>'),
    /no answer: .*\(403\): <h1>fire/,
    1,
  ],
  'an internal error': [(response) => json(response, {}, 500), /no answer: .*status 500/, 4],
};

for (const [what, [misbehaviour, raw, asked]] of Object.entries(odd)) {
  test(`one question that always gets ${what} keeps none of the others from a verdict, and is not paid for again`, () =>
    withServer(async (server, judge) => {
      for (const at of [0, 3, 5]) {
        byItem(server);
        const cache = new MemoryCache();
        const about = `Response: response ${at}\n`;
        const isOdd = ({ body }: Asked) => body.messages[0]!.content.includes(about);
        server.misbehave = (response, count, request, incoming) =>
          isOdd(request) ? misbehaviour(response, count, request, incoming) : false;
        const before = server.asked.length;
        const verdicts = await judge({ concurrency: 1 }).verdicts(items(6), { cache });
        for (const [index, verdict] of verdicts.entries()) {
          assert.is(verdict.score, index === at ? null : worth(index));
        }
        assert.match(verdicts[at]!.raw, raw);
        const since = server.asked.slice(before);
        assert.is(since.filter(isOdd).length, asked);
        assert.ok(since.length <= asked + 6, 'the others are asked once, and one of them once more at most');
        await judge().verdicts(items(6), { cache });
        assert.is(server.asked.length - before, since.length);
      }
    }));
}

test('a question that was left without an answer gets one when the server answers again', () =>
  withServer(async (server, judge) => {
    byItem(server);
    let failures = 0;
    server.misbehave = (response, _, { body }) =>
      body.messages[0]!.content.includes('Response: response 2\n') && failures++ < 3 ? json(response, {}, 503) : false;
    const verdicts = await judge({ concurrency: 1 }).verdicts(items(6));
    assert.equal(
      verdicts.map(({ score }) => score),
      items(6).map((_, index) => worth(index)),
    );
  }));

test('an answer in parts is their text, and what a reasoning model thought is none of it', () =>
  withServer(async (server, judge) => {
    const messages = [
      { content: [{ type: 'thinking', thinking: '#thescore: 1' }, { type: 'text', text: '#thescore' }, { type: 'text', text: ': 4' }] }, // biome-ignore format: one line
      { content: '<think>\n#thescore: 1\n</think>\n\n#thescore: 4' },
      { content: '#thescore: 4', reasoning_content: '#thescore: 1', refusal: null, tool_calls: [] },
      { content: ['#thescore: 4'] },
    ];
    server.misbehave = (response, count) => json(response, completion(null, { message: messages[count] }));
    const verdicts = await judge({ concurrency: 1 }).verdicts(items(4));
    assert.equal(
      verdicts.map(({ score }) => score),
      [4, 4, 4, 4],
    );
  }));

/** As OpenAI's reasoning models answer. */
const reasoningModel: Misbehaviour = (response, _, { body }) => {
  const refused =
    'max_tokens' in body
      ? ['max_tokens', "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", 'unsupported_parameter'] // biome-ignore format: one line
      : 'temperature' in body
        ? ['temperature', "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.", 'unsupported_value'] // biome-ignore format: one line
        : undefined;
  if (refused === undefined) return false;
  const [param, message, code] = refused;
  return json(response, { error: { message, type: 'invalid_request_error', param, code } }, 400);
};

test('a reasoning model judges: what it refuses is left out, said once, and costs nothing of the budget', () =>
  withServer(async (server, judge) => {
    byItem(server);
    server.misbehave = reasoningModel;
    const lines: string[] = [];
    const ask = async (of: JudgeItem[]) => {
      const budget = new Budget({ requests: of.length });
      const verdicts = await judge({ concurrency: 1, budget, model: 'o' }).verdicts(of, {
        notice: (line) => lines.push(line),
      });
      assert.equal(
        verdicts.map(({ score }) => score),
        of.map((_, index) => worth(index)),
      );
    };
    await ask(items(5));
    assert.is(server.asked.length, 7);
    assert.equal(server.asked.at(-1)!.body, { model: 'o', messages: server.asked.at(-1)!.body.messages, max_completion_tokens: 64, seed: 3 }); // biome-ignore format: one line
    assert.equal(lines, ['o is asked without a temperature: it takes none']);
    await ask(items(3));
    assert.is(server.asked.length, 10, 'the next step of the run asks in the right form at once');
    const parallel = await judge({ model: 'p', concurrency: 8 }).verdicts(items(20));
    assert.ok(parallel.every(({ score }) => score !== null));
  }));

test('a server that takes no seed is asked without one', () =>
  withServer(async (server, judge) => {
    const detail = [
      { type: 'extra_forbidden', loc: ['body', 'seed'], msg: 'Extra inputs are not permitted', input: 3 },
    ];
    server.misbehave = (response, _, { body }) => ('seed' in body ? json(response, { detail }, 422) : false);
    const verdicts = await judge({ concurrency: 1, model: 's' }).verdicts(items(2));
    assert.equal([verdicts[0]!.score, server.asked.length], [2, 3]);
  }));

test('a temperature that the workflow states is sent or refused, and never left out', () =>
  withServer(async (server, _, url) => {
    const judge = (temperature: number | 'default') =>
      new ServerJudge(
        { model: `t${temperature}`, url, rubric: 'policy', maxTokens: 64, seed: 3, temperature },
        { concurrency: 1, patience },
      );
    server.misbehave = reasoningModel;
    const error = await failure(judge(0.5).verdicts(items(1)));
    assert.instance(error, ServerRefusedError);
    assert.match(error.message, "'temperature' does not support");
    assert.is((await judge('default').verdicts(items(1)))[0]!.score, 2);
    assert.not.ok('temperature' in server.asked.at(-1)!.body);
    server.misbehave = undefined;
    await judge(0.5).verdicts(items(1));
    assert.is(server.asked.at(-1)!.body.temperature, 0.5);
    assert.not.equal(judge(0.5).identity, { ...judge('default').identity, model: 't0.5' });
  }));

test('a redirect is refused, and the key does not go where it points', () =>
  withServer(async (server, judge) => {
    const elsewhere = new ChatStandIn();
    try {
      const target = `${await elsewhere.url()}/chat/completions`;
      for (const status of [301, 302, 307, 308]) {
        server.misbehave = (response) => response.writeHead(status, { location: target }).end();
        const error = await failure(judge().verdicts(items(1)));
        assert.instance(error, ServerRefusedError);
        assert.match(error.message, `redirects (${status})`);
      }
      assert.is(elsewhere.asked.length, 0);
    } finally {
      await elsewhere.stop();
    }
  }));

test('a server that is gone is told from one that is slow', () =>
  withServer(async (server, judge) => {
    await server.stop();
    const error = await failure(judge().verdicts(items(2)));
    assert.instance(error, ServerUnreachableError);
    assert.match(error.message, 'ECONNREFUSED');
  }));

test('a server that asks to wait is left alone that long, by all who ask', () =>
  withServer(async (server, judge) => {
    let refusedAt = 0;
    const waits: number[] = [];
    server.misbehave = (response, count) => {
      if (count === 0) {
        refusedAt = Date.now();
        json(response, {}, 429, { 'retry-after': '1' });
        return;
      }
      if (refusedAt > 0) waits.push(Date.now() - refusedAt);
      return false;
    };
    await judge({ concurrency: 1, patience: { maximumDelayMilliseconds: 200 } }).verdicts(items(2));
    assert.ok(waits[0]! >= 195, `asked again after ${waits[0]} ms`);
    assert.ok(waits[0]! < 900, 'no longer than the longest wait, though the server asks for more');
  }));

test('what a filter or a refusal takes away is an invalid verdict, not a failure', () =>
  withServer(async (server, judge) => {
    server.misbehave = (response, count) => {
      if (count === 0) json(response, completion(null, { finish_reason: 'content_filter' }));
      else if (count === 1) json(response, { error: { code: 'content_filter', message: 'filtered' } }, 400);
      else if (count === 2)
        json(response, completion(null, { message: { role: 'assistant', content: null, refusal: 'I will not' } })); // biome-ignore format: one line
      else return false;
      return true;
    };
    server.answer = () => 'I cannot say.';
    // A budget of tokens must not take a filtered question for a server that does not count.
    const verdicts = await judge({ concurrency: 1, budget: new Budget({ tokens: 1000 }) }).verdicts(items(4));
    assert.equal(verdicts, [
      { score: null, raw: '[content_filter]' },
      { score: null, raw: '[content_filter]' },
      { score: null, raw: '[refusal: I will not]' },
      { score: null, raw: 'I cannot say.' },
    ]);
  }));

test('a key that the server repeats is struck out of verdicts, however JSON writes it', () =>
  withServer(async (server, judge) => {
    const cache = new MemoryCache();
    server.misbehave = (response) => {
      const text = JSON.stringify(completion(`your key ${key} #thescore: 4`)).replaceAll('/', '\\/');
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    };
    const verdicts = await judge().verdicts(items(1), { cache });
    assert.equal(verdicts, [{ score: 4, raw: 'your key [key] #thescore: 4' }]);
    assert.not.match(JSON.stringify([...cache.verdicts]), 'sk-secret');
    assert.not.match(JSON.stringify(judge().identity), 'sk-secret');
  }));

test('a word in place of a key, for servers that want none, leaves answers as they are', () =>
  withServer(async (server, _judge, url) => {
    for (const word of ['2', 'x', 'null', 'stop']) {
      server.misbehave = (response) => json(response, { ...completion('x stop #thescore: 2'), system: null });
      const config = { model: 'judge-1', url, rubric: 'policy', maxTokens: 64, seed: 3 } as const;
      const verdicts = await new ServerJudge(config, { key: () => word, concurrency: 1, patience }).verdicts(items(1));
      assert.equal(verdicts, [{ score: 2, raw: 'x stop #thescore: 2' }], word);
      assert.is(server.asked.at(-1)!.authorization, `Bearer ${word}`);
    }
  }));

test('a connection that breaks off is told in words', () =>
  withServer(async (server, judge) => {
    server.misbehave = (_response, _count, _asked, request) => request.socket.destroy();
    const { message } = await failure(judge({ concurrency: 1 }).verdicts(items(1)));
    assert.match(message, /gives no answer in 3 attempts: (other side closed \(UND_ERR_SOCKET\)|ECONNRESET)/);
  }));

test('an answer that begins with a mark of the byte order is read', () =>
  withServer(async (server, judge) => {
    server.misbehave = (response) => response.writeHead(200).end(`\ufeff${JSON.stringify(completion('#thescore: 2'))}`);
    assert.is((await judge().verdicts(items(1)))[0]!.score, 2);
    assert.is(server.asked.length, 1);
  }));

test('an interruption stops at once and keeps the verdicts there are', () =>
  withServer(async (server, judge) => {
    const controller = new AbortController();
    const cache = new MemoryCache();
    server.misbehave = (_, count) => {
      if (count < 2) return false;
      setTimeout(() => controller.abort(), 10);
      return true;
    };
    const run: JudgeRun = { cache, signal: controller.signal };
    const started = Date.now();
    const patient = judge({ concurrency: 1, patience: { timeoutMilliseconds: 20_000 } });
    const error = await failure(patient.verdicts(items(5), run));
    assert.instance(error, InterruptedError);
    assert.is(error.exitCode, 130);
    assert.is(cache.verdicts.size, 2);
    assert.ok(Date.now() - started < 5000);
  }));

test('one response is judged once, however often it occurs, and progress counts it once', () =>
  withServer(async (server, judge) => {
    byItem(server);
    const seen: string[] = [];
    const twice = [...items(3), ...items(3)];
    const verdicts = await judge().verdicts(twice, { progress: (done, total) => seen.push(`${done}/${total}`) });
    assert.is(server.asked.length, 3);
    assert.equal(verdicts.slice(0, 3), verdicts.slice(3));
    assert.equal(seen, ['0/3', '1/3', '2/3', '3/3']);
  }));

test('another model or wording asks again; another key, concurrency or way to read the answers does not', () =>
  withServer(async (server, judge, url) => {
    const cache = new MemoryCache();
    const own = { prompt: 'Judge {prompt} {response}', score: '#thescore: ([1-5])' };
    const ask = async (one: ServerJudge) => {
      const before = server.asked.length;
      await one.verdicts(items(1), { cache });
      return server.asked.length - before;
    };
    assert.is(await ask(judge()), 1);
    assert.is(await ask(judge({ concurrency: 9, budget: new Budget({ requests: 1 }) })), 0);
    const config = { model: 'judge-1', url, rubric: 'policy', maxTokens: 64, seed: 3 } as const;
    assert.is(await ask(new ServerJudge(config, { key: () => 'other', concurrency: 1 })), 0);
    assert.is(await ask(judge({ model: 'judge-2' })), 1);
    assert.is(await ask(judge({ rubric: own })), 1);
    assert.is(await ask(judge({ rubric: { ...own, prompt: `${own.prompt}.` } })), 1);
    assert.is(await ask(judge({ rubric: { ...own, score: `${own.score}$` } })), 0);
    const lenient = { ...own, score: 'score: (\\w+)', scores: { 2: 5 } };
    assert.is((await judge({ rubric: lenient }).verdicts(items(1), { cache }))[0]!.score, 5);
  }));

test('text that is no well-formed Unicode is judged all the same', () =>
  withServer(async (server, judge) => {
    const verdicts = await judge().verdicts([{ prompt: 'a\ud800b', response: '\udc00' }]);
    assert.is(verdicts[0]!.score, 2);
    assert.match(server.asked[0]!.body.messages[0]!.content, 'a\ufffdb');
  }));

test('the key is in the environment variable that was named, or the error names it', () => {
  const environment = {
    JUDGE_API_KEY: ` ${key}\n`,
    OPENAI_API_KEY: 'sk-openai',
    ODD_API_KEY: 'sk-\u00e9 x',
    EMPTY_API_KEY: '',
  };
  assert.is(judgeKey('JUDGE_API_KEY', environment), key);
  assert.is(judgeKey('OPENAI_API_KEY', environment), 'sk-openai');
  for (const name of ['EMPTY_API_KEY', 'OTHER_API_KEY']) {
    assert.throws(
      () => judgeKey(name, environment),
      (error: Error) => error instanceof EnvironmentError && error.message.includes(name),
    );
  }
  assert.throws(
    () => judgeKey('ODD_API_KEY', environment),
    (error: Error) => !error.message.includes('sk-') && error.message.includes('ODD_API_KEY'),
  );
});

test.run();
