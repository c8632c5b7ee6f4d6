import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertMay, leastRole, type Asked } from '../../../control/account/policy.ts';
import { deskRequests } from '../../../control/contract/desk.ts';
import { Fault } from '../../../control/contract/fault.ts';
import { createId } from '../../../control/contract/ids.ts';
import { routes } from '../../../control/contract/rest.ts';
import { Role } from '../../../control/contract/views.ts';

const policy = suite('policy');

/** Written a second time on purpose: whoever opens a door to more people has to say so twice. */
const onlyFor: { readonly [N in Asked]?: readonly Role[] } = {
  'numbers:set-calling': ['manager', 'admin'],
};

const may = (role: Role, asked: Asked): boolean => {
  const user = { id: createId('user'), workspaceId: createId('ws'), workspaceName: 'W', name: 'A', email: 'a@b', role };
  try {
    assertMay({ user }, asked);
    return true;
  } catch (error) {
    assert.ok(error instanceof Fault && error.code === 'account/forbidden');
    return false;
  }
};

policy('every request and every route has its least role, and nothing else has one', () => {
  const asked = [...Object.keys(deskRequests), ...Object.keys(routes)];
  assert.equal(Object.keys(leastRole).toSorted(), asked.toSorted());
});

for (const asked of Object.keys(leastRole) as Asked[]) {
  for (const role of Role.options) {
    const allowed = (onlyFor[asked] ?? Role.options).includes(role);
    policy(`${role}: ${asked} is ${allowed ? 'allowed' : 'refused'}`, () => {
      assert.is(may(role, asked), allowed);
    });
  }
}

policy.run();
