/**
 * What the demo's parts agree on: the stand-in for Meta and the product take the same values when the
 * environment sets none. Not secrets: they open nothing but a sim on the same machine.
 */
export const demo = {
  appSecret: 'demo-app-secret',
  accessToken: 'demo-access-token',
  verifyToken: 'demo-verify-token',
  phoneNumberId: '100000000000001',
  wabaId: '200000000000001',
  displayNumber: '4930123456780',
} as const;
