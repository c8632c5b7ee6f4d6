import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

/**
 * Who may know whom. A room is the longest prefix here that a file's path has; it may always know
 * itself. What a room imports from outside its list is a change of the design, not a convenience.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'control/contract/': [],
  'control/': ['control/contract/', 'ops/runtime/'],
  'gateway/': ['control/', 'control/contract/', 'ops/runtime/'],
  'media/': ['control/contract/', 'ops/runtime/'],
  'ui/': ['control/contract/'],
  'ops/runtime/': ['control/contract/'],
  'ops/services/': ['ops/runtime/'],
  // The stand-ins are the outside world: they speak HTTP, webhooks and UDP, and know no code of ours.
  'ops/sim/': ['ops/runtime/', 'control/contract/'],
  'ops/setup/': ['ops/runtime/', 'ops/services/', 'control/contract/'],
  // Benches are like tests: they may look at whatever they measure.
  'ops/bench/': ['gateway/', 'control/', 'control/contract/', 'media/', 'ops/', 'ops/sim/', 'ops/setup/', 'tests/'],
  'ops/': ['ops/runtime/', 'ops/services/', 'ops/setup/', 'ops/sim/', 'control/contract/', 'tests/support/'],
};

/** Libraries that belong to some rooms alone; a room that is not listed must not know them. */
const homesOf: Readonly<Record<string, readonly string[]>> = {
  express: ['gateway/', 'media/', 'ops/sim/'],
  'socket.io': ['gateway/'],
  mediasoup: ['media/', 'ops/sim/', 'ops/setup/'],
  werift: ['media/', 'ops/sim/'],
  sequelize: ['control/'],
  umzug: ['control/'],
  redlock: ['control/'],
  pg: ['control/', 'ops/services/', 'ops/setup/'],
  'solid-js': ['ui/', 'ops/sim/phone/'],
  'mediasoup-client': ['ui/', 'ops/sim/phone/'],
};

const ROOT = join(import.meta.dirname, '..');
const sources = globSync('{gateway,control,media,ui,ops}/**/*.{ts,tsx,mjs}', {
  cwd: ROOT,
  exclude: ['**/dist/**', '**/node_modules/**', '**/*.d.mts'],
});

type Import = { readonly from: string; readonly to: string };

/** What a file imports: a path from the root, or the name of a package. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/^\s*(?:\/\/|\*|\/\*\*).*$/gm, '');
  const specifiers = text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*['"]([^'"]+)['"]/g);
  return [...specifiers]
    .map((match) => match[1] ?? '')
    .filter((to) => !to.startsWith('node:'))
    .map((to) => ({
      from: file,
      to: to.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), to)) : packageOf(to),
    }));
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
const roomOf = (file: string): string | undefined =>
  Object.keys(mayImport)
    .filter((room) => file.startsWith(room))
    .toSorted((a, b) => b.length - a.length)[0];
const isOurs = (to: string): boolean => /^(?:gateway|control|media|ui|ops|tests)\//.test(to);
const show = ({ from, to }: Import): string => `${from} imports ${to}`;

const imports = sources.flatMap(importsOf);
const architecture = suite('architecture');

architecture('there are sources in every room', () => {
  for (const room of ['gateway/', 'control/', 'control/contract/', 'media/', 'ui/', 'ops/runtime/', 'ops/sim/']) {
    assert.ok(
      sources.some((file) => file.startsWith(room)),
      `no source was found in ${room}`,
    );
  }
  assert.ok(imports.filter(({ to }) => isOurs(to)).length > 100, 'the reader of imports finds next to none');
});

architecture('rooms know only the rooms that the design lets them know', () => {
  const wrong = imports.filter(({ from, to }) => {
    const room = roomOf(from);
    if (room === undefined || !isOurs(to)) return false;
    const target = roomOf(to) ?? to;
    return target !== room && !(mayImport[room] ?? []).some((allowed) => target === allowed || to.startsWith(allowed));
  });
  assert.equal(wrong.map(show), []);
});

architecture('the contract knows zod and nothing else', () => {
  const wrong = imports.filter(
    ({ from, to }) => from.startsWith('control/contract/') && to !== 'zod' && !to.startsWith('control/contract/'),
  );
  assert.equal(wrong.map(show), []);
});

architecture("the call machine knows no library and no process: only the contract and control's own words", () => {
  const machine = 'control/call/machine.ts';
  assert.ok(existsSync(join(ROOT, machine)), `${machine} is not where the design has it`);
  assert.equal(
    importsOf(machine)
      .filter(({ to }) => !to.startsWith('control/call/') && !to.startsWith('control/contract/'))
      .map(show),
    [],
  );
  assert.not.match(readFileSync(join(ROOT, machine), 'utf8'), /Date\.now|setTimeout|performance\.now|from 'node:/);
});

architecture('a library is used only where it belongs', () => {
  const wrong = imports.filter(({ from, to }) => {
    const homes = homesOf[to];
    return homes !== undefined && !homes.some((home) => from.startsWith(home)) && !from.startsWith('ops/bench/');
  });
  assert.equal(wrong.map(show), []);
});

architecture('nothing that ships imports a test', () => {
  const wrong = imports.filter(({ from, to }) => to.startsWith('tests/') && !from.startsWith('ops/bench/'));
  assert.equal(wrong.map(show), []);
});

architecture.run();
