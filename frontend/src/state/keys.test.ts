import { describe, expect, it } from 'vitest';
import { commandFor } from './keys';

const press = (key: string, mods = '') => ({
  key,
  ctrlKey: mods.includes('c'),
  shiftKey: mods.includes('s'),
  altKey: mods.includes('a'),
  metaKey: mods.includes('m'),
});

describe('the keyboard', () => {
  it.each([
    ['n', 'c', 'new'],
    ['N', 'c', 'new'], // Caps Lock
    ['l', 'c', 'lock'],
    ['l', 'm', 'lock'],
    ['b', 'c', 'sidebar'],
    [',', 'c', 'settings'],
    ['N', 'cs', 'temporary'],
    ['C', 'cs', 'copy'],
    ['E', 'cs', 'export'],
    ['F6', '', 'region'],
    ['F6', 's', 'regionBack'],
    ['/', 'c', 'shortcuts'],
    ['/', 'cs', 'shortcuts'], // where the slash is a shifted key
    ['Escape', '', 'stop'],
    ['+', 'cs', 'larger'],
    ['+', 'c', 'larger'], // of the number pad, and where it is no shifted key
    ['=', 'c', 'larger'],
    ['-', 'c', 'smaller'],
    ['0', 'c', 'usual'],
  ])('%s with "%s" is %s, also while typing', (key, mods, command) => {
    expect(commandFor(press(key, mods), true)).toBe(command);
    expect(commandFor(press(key, mods), false)).toBe(command);
  });

  it('takes ? for the shortcuts, but not out of a message', () => {
    expect(commandFor(press('?', 's'), false)).toBe('shortcuts');
    expect(commandFor(press('?', 's'), true)).toBeNull();
  });

  it.each([
    ['n', ''],
    ['c', 'c'],
    ['l', 'cs'],
    ['l', 'ca'],
    ['Escape', 's'],
  ])('leaves %s with "%s" alone', (key, mods) => expect(commandFor(press(key, mods), false)).toBeNull());
});
