import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError } from '../../../src/diagnostics/errors.js';
import { Budget, BudgetExhaustedError, ownLedger } from '../../../src/eval/budget.js';
import { completion, json } from './chat-stand-in.js';
import { byItem, failure, items, MemoryCache, withServer, worth } from './judge-lab.js';

test('what another run that shares the store was told meanwhile is not asked for again', () =>
  withServer(async (server, judge) => {
    byItem(server);
    const cache = new MemoryCache();
    server.misbehave = (_response, count) => {
      // The other run answers everything else while this one asks its first question.
      if (count === 0) {
        for (const item of items(9).slice(1)) {
          cache.verdicts.set(judge().questionKey(item), { text: '#thescore: 5', reason: 'stop' });
        }
      }
      return false;
    };
    const verdicts = await judge({ concurrency: 1 }).verdicts(items(9), { cache });
    assert.is(server.asked.length, 1);
    assert.equal(
      verdicts.map(({ score }) => score),
      [worth(0), 5, 5, 5, 5, 5, 5, 5, 5],
    );
  }));

test('a budget that a failing server eats up says what the server did', () =>
  withServer(async (server, judge) => {
    server.misbehave = (response, count) => (count < 2 ? false : json(response, {}, 503));
    const budget = new Budget({ requests: 4 });
    const error = await failure(judge({ concurrency: 1, budget }).verdicts(items(9)));
    assert.instance(error, BudgetExhaustedError);
    assert.match(
      error.message,
      /^The judge's budget of 4 requests is used up, the last request for nothing: status 503/,
    );
  }));

test('a budget of requests stops before it is overspent, counting what had to be asked again', () =>
  withServer(async (server, judge) => {
    const cache = new MemoryCache();
    server.misbehave = (response, count) => (count === 1 ? json(response, {}, 500) : false);
    const budget = new Budget({ requests: 4 });
    const error = await failure(judge({ concurrency: 1, budget }).verdicts(items(9), { cache }));
    assert.instance(error, BudgetExhaustedError);
    assert.match(error.message, 'budget of 4 requests is used up');
    assert.equal([server.asked.length, cache.verdicts.size], [4, 3]);
  }));

test('a budget of tokens counts what the server says it took', () =>
  withServer(async (server, judge) => {
    const budget = new Budget({ tokens: 250 });
    const error = await failure(judge({ concurrency: 1, budget }).verdicts(items(9)));
    assert.instance(error, BudgetExhaustedError);
    assert.match(error.message, '250 tokens (300 are spent)');
    assert.is(server.asked.length, 3);
    server.misbehave = (response) => json(response, { ...completion('#thescore: 1'), usage: undefined });
    const untold = await failure(judge({ budget: new Budget({ tokens: 250 }) }).verdicts(items(1)));
    assert.match(untold.message, 'does not say how many tokens');
  }));

test('a budget smaller than a block is spent to the last request by those who share it, and what was paid is kept', () =>
  withServer(async (server, judge) => {
    byItem(server);
    server.misbehave = (response, count, asked) => {
      setTimeout(() => json(response, completion(server.answer(asked))), count % 3);
    };
    for (const requests of [1, 5, 15]) {
      const [cache, ledger] = [new MemoryCache(), ownLedger()];
      const before = server.asked.length;
      const own = (concurrency: number) => judge({ concurrency, budget: new Budget({ requests }, ledger) });
      const ended = await Promise.allSettled([
        own(8).verdicts(items(20), { cache }),
        own(1).verdicts(items(40).slice(20), { cache }),
      ]);
      for (const one of ended) {
        assert.instance(one.status === 'rejected' && one.reason, BudgetExhaustedError);
      }
      assert.equal([server.asked.length - before, cache.verdicts.size], [requests, requests]);
      await judge({ budget: new Budget({ requests: 40 - requests }) }).verdicts(items(40), { cache });
    }
  }));

test('a small budget is not held by one process while another needs it', async () => {
  const ledger = ownLedger();
  const [idle, busy] = [new Budget({ requests: 6 }, ledger), new Budget({ requests: 6 }, ledger)];
  await idle.request();
  for (let asked = 0; asked < 5; asked++) await busy.request();
  assert.instance(await failure(busy.request()), BudgetExhaustedError);
});

test('a budget of tokens that several share ends with every answer that was paid for kept', () =>
  withServer(async (server, judge) => {
    byItem(server);
    const [cache, ledger] = [new MemoryCache(), ownLedger()];
    const own = () => judge({ concurrency: 4, budget: new Budget({ tokens: 1000 }, ledger) });
    const ended = await Promise.allSettled([
      own().verdicts(items(20), { cache }),
      own().verdicts(items(40).slice(20), { cache }),
    ]);
    for (const one of ended) assert.match(String(one.status === 'rejected' && one.reason), 'budget of 1000 tokens');
    assert.is(cache.verdicts.size, server.asked.length);
    const underWay = 2 * 4;
    assert.ok(server.asked.length >= 10 && server.asked.length <= 10 + underWay, `${server.asked.length} were asked`);
    const spent = await ledger.change((before) => before);
    assert.is(spent.tokens, 100 * server.asked.length);
  }));

test('the error of a verdict that cannot be kept says how many that were paid for are lost', () =>
  withServer(async (server, judge) => {
    for (const [concurrency, said] of [
      [1, /^One answer of the judge that is paid for is lost: The disk is full/],
      [4, /^(\d) answers of the judge that are paid for are lost: The disk is full/],
    ] as const) {
      const cache = new MemoryCache();
      const before = server.asked.length;
      server.misbehave = (response) => {
        setTimeout(() => json(response, completion('#thescore: 2')), 20);
      };
      cache.put = async (digest, answer) => {
        if (cache.verdicts.size === 2) throw new EnvironmentError('The disk is full', { hint: 'Free space.' });
        cache.verdicts.set(digest, answer);
      };
      const ledger = ownLedger();
      const change = ledger.change;
      ledger.change = (update) => (cache.verdicts.size === 2 ? Promise.reject(new Error('full too')) : change(update));
      const budget = new Budget({ requests: 999 }, ledger);
      const error = await failure(judge({ concurrency, budget }).verdicts(items(9), { cache }));
      assert.is(error.exitCode, 3);
      assert.is(error.hint, 'Free space.');
      assert.match(error.message, said);
      const lost = Number(said.exec(error.message)?.[1] ?? 1);
      assert.is(lost + cache.verdicts.size, server.asked.length - before);
    }
  }));

test.run();
