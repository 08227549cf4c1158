import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Budget, BudgetExhaustedError, type Ledger, ownLedger } from '../../../src/eval/budget.js';

/** Takes requests until none is left. */
async function spend(budget: Budget): Promise<number> {
  for (let asked = 0; ; asked++) {
    try {
      await budget.request();
    } catch (error) {
      assert.instance(error, BudgetExhaustedError);
      return asked;
    }
  }
}

/** A ledger on a slow disk: whoever asks at once must not be given the same requests. */
function slow(ledger: Ledger): Ledger {
  let last: Promise<unknown> = Promise.resolve();
  return {
    change(update) {
      const next = last.then(() => new Promise((resume) => setTimeout(resume, 1))).then(() => ledger.change(update));
      last = next;
      return next;
    },
  };
}

test('all that share a budget ask what is allowed together, and not one request more', async () => {
  const ledger = slow(ownLedger());
  const runners = Array.from({ length: 5 }, () => new Budget({ requests: 137 }, ledger));
  const asked = await Promise.all(runners.flatMap((runner) => [spend(runner), spend(runner), spend(runner)]));
  assert.is(
    asked.reduce((sum, one) => sum + one),
    137,
  );
});

test('what was taken and not asked is given back; who is killed gives nothing back', async () => {
  const ledger = ownLedger();
  const first = new Budget({ requests: 400 }, ledger);
  await first.request();
  await first.close();
  const killed = new Budget({ requests: 400 }, ledger);
  await killed.request();
  assert.is(await spend(new Budget({ requests: 400 }, ledger)), 400 - 1 - 16);
});

test('a request that was refused for its form is free', async () => {
  const budget = new Budget({ requests: 2 });
  await budget.request();
  budget.requestReturned();
  assert.is(await spend(budget), 2);
});

test('tokens that one has spent are missing to the others', async () => {
  const ledger = ownLedger();
  const [first, second] = [new Budget({ tokens: 100 }, ledger), new Budget({ tokens: 100 }, ledger)];
  await first.request();
  first.answered(60);
  await first.close();
  await second.request();
  second.answered(50);
  for (const budget of [second, first]) {
    const error = await budget.request().catch((thrown: unknown) => thrown);
    assert.instance(error, BudgetExhaustedError);
    assert.match((error as Error).message, '100 tokens (110 are spent)');
  }
});

test('without a limit nothing is written down', async () => {
  const budget = new Budget({}, { change: () => Promise.reject(new Error('nothing to write down')) });
  for (let request = 0; request < 100; request++) await budget.request();
  await budget.close();
});

test.run();
