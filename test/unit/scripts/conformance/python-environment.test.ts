import assert from 'node:assert/strict';
import { findPython, type RunPython } from '../../../../scripts/conformance/python-environment';

/** Interpreters by name and what they print for --version; others are not there. */
function machine(versions: Readonly<Record<string, string>>): RunPython {
  return (python, args) => {
    assert.deepEqual(args, ['--version']);
    const stdout = versions[python] ?? '';
    const status = python in versions ? 0 : null;
    return { pid: 1, output: [], stdout, stderr: '', status, signal: null };
  };
}

describe('the Python of conformance checks', () => {
  it('is the first that is new enough', () => {
    const run = machine({ python3: 'Python 3.9.18\n', python: 'Python 3.10.0rc1\n' });
    assert.deepEqual(findPython(['python3', 'python', 'py'], run), {
      python: 'python',
      version: { major: 3, minor: 10, text: '3.10.0rc1' },
    });
  });

  it('may be of a later major version', () => {
    const run = machine({ python3: 'Python 4.0.1\n' });
    assert.equal(findPython(['python3'], run).version.text, '4.0.1');
  });

  it('is missed with what was found instead', () => {
    const run = machine({ python3: 'Python 3.8.18\n', py: 'No installed Python found!\n' });
    assert.throws(() => findPython(['python3', 'python', 'py'], run), {
      name: 'ConformanceError',
      message:
        'The checks need Python 3.10 or newer, and there is none (python3: 3.8.18, python: not there, py: not there). Install it, or name one with --python.',
    });
  });
});
