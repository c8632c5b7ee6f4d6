import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openOperator, signIn, waitToHear } from '../support/browser.ts';
import { freePorts, startProduct } from '../support/npm-start.ts';
import { temporaryFolder } from '../support/services.ts';

/** The README's promise: `npm start`, two tabs, and one person talks to himself, without an account anywhere. */
const demo = suite('the demo');

demo(
  'a person with two tabs calls from the phone page, accepts in the console, and hears himself in both',
  async () => {
    const product = startProduct(temporaryFolder('demo'), await freePorts());
    try {
      await product.until(/Ctrl-C/);
      const [, email = '', password = ''] = /Sign in\s+(\S+)\s+(\S+)/.exec(await product.until(/Sign in/)) ?? [];
      const consoleUrl = (await product.until(/^ {2}Console {2,}http/)).split(/\s+/).at(-1) ?? '';
      const phoneUrl = /http\S+/.exec(await product.until(/^ {2}Phone {2,}http/))?.[0] ?? '';

      await using operator = await openOperator(consoleUrl, { hertz: 440 });
      await signIn(operator.page, { email, password });
      // The phone page's tab is the same browser, and so has the same microphone.
      const phone = await operator.context.newPage();
      await phone.goto(phoneUrl);
      await phone.getByText('Maya Fischer').click();
      await phone.getByTestId('call').first().click();
      await operator.page.bringToFront();
      await operator.page.getByTestId('incoming-call').getByText('Maya Fischer').waitFor();
      await operator.page.getByTestId('incoming-call').getByTestId('accept').click();
      await operator.page.getByTestId('call-timer').waitFor();
      const { dbfs } = await waitToHear(operator.page, 440, 20_000);
      assert.ok(dbfs > -40);

      await phone.bringToFront();
      await phone.locator('[data-testid=call-screen][data-state=live]').waitFor();
      await phone.waitForFunction(
        () => Number(document.querySelector('[data-testid=call-screen]')?.getAttribute('data-level')) > 0.05,
      );
      await operator.page.bringToFront();
      await operator.page.getByTestId('hangup').click();
      await phone.getByTestId('call-screen').waitFor({ state: 'detached', timeout: 15_000 });
    } finally {
      if (product.child.exitCode === null) {
        product.child.kill('SIGTERM');
        await once(product.child, 'exit');
      }
    }
  },
);

demo.run();
