import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isStale } from '../../ui/src/call/revision.ts';

const revision = suite('stale views');

revision('the first view of a call is never stale', () => assert.is(isStale(undefined, { revision: 0 }), false));
revision('an older view is stale', () => assert.is(isStale({ revision: 4 }, { revision: 3 }), true));
revision('the same view again is not stale', () => assert.is(isStale({ revision: 4 }, { revision: 4 }), false));
revision('a newer view is not stale', () => assert.is(isStale({ revision: 4 }, { revision: 9 }), false));

revision.run();
