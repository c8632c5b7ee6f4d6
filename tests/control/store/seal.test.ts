import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createSeal } from '../../../control/store/seal.ts';

const seals = suite('credentials at rest');
const key = 'a test key of at least thirty-two characters';

seals('come back as they went in, also in other scripts', () => {
  const seal = createSeal(key);
  for (const plain of ['EAAG token', '', 'ключ 🔑']) assert.is(seal.open(seal.seal(plain)), plain);
});

seals('look different each time', () => {
  const seal = createSeal(key);
  assert.is.not(seal.seal('token'), seal.seal('token'));
});

seals('do not show what they hold', () => {
  assert.not.match(createSeal(key).seal('EAAG-token'), /EAAG/);
});

seals('cannot be opened with another key, and the message says what is wrong', () => {
  const sealed = createSeal(key).seal('token');
  assert.throws(() => createSeal(`${key}!`).open(sealed), /APP_KEY/);
});

seals('cannot be changed', () => {
  const sealed = createSeal(key).seal('token');
  const changed = sealed.slice(0, -2) + (sealed.endsWith('AA') ? 'BB' : 'AA');
  assert.throws(() => createSeal(key).open(changed), /APP_KEY/);
  assert.throws(() => createSeal(key).open('v2.whatever'), /APP_KEY/);
});

seals.run();
