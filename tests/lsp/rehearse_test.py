#!/usr/bin/env python3
"""Runs lsp/assist/repair/rehearse/rehearse.py on small workspaces, as a repair does.

Where pytest is missing, what needs it says so; what runs unittest and programs does not need it.
"""

import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / 'lsp/assist/repair/rehearse/rehearse.py'
MARK = '\x1ecurlew '
HAS_PYTEST = importlib.util.find_spec('pytest') is not None

LEGS = 'def legs(birds):\n    return birds * 3\n\n\ndef wings(birds):\n    return birds * 2\n'
UNITTESTS = '''\
    import unittest
    from bird import legs, wings


    class Bird(unittest.TestCase):
        def test_legs(self):
            self.assertEqual(legs(4), 8)

        def test_no_legs(self):
            self.assertEqual(legs(0), 0)

        def test_wings(self):
            self.assertEqual(wings(2), 4)
    '''
PYTESTS = '''\
    import pytest
    from bird import legs, wings


    def test_wings():
        assert wings(2) == 4


    @pytest.mark.parametrize("birds", [0, 4])
    def test_legs(birds):
        assert legs(birds) == 2 * birds


    class TestMore:
        @pytest.mark.xfail
        def test_expected(self):
            assert legs(1) == 5
    '''


class Workspace:
    def __init__(self, files):
        self.folder = tempfile.TemporaryDirectory(prefix='rehearse-')
        self.root = pathlib.Path(self.folder.name).resolve()
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(textwrap.dedent(text))
        (self.root / '.curlew-rehearsal').mkdir()
        self.script = self.root / '.curlew-rehearsal/rehearse.py'
        self.script.write_bytes(SCRIPT.read_bytes())

    def change(self, path, text, by):
        """As the C++ side tells it; the place must be unique."""
        before = (self.root / path).read_bytes()
        assert before.count(text.encode()) == 1, text
        head = before.index(text.encode())
        return {path: [head, len(before) - head - len(text), by.encode().decode('latin-1')]}

    def ask(self, **request):
        told = {'has_folder': True, 'root': str(self.root), 'tests': [], 'limit': 2, 'total': 60, 'known_limit': 0, **request}
        (self.root / '.curlew-rehearsal/request.json').write_text(json.dumps(told))
        done = subprocess.run([sys.executable, str(self.script), '.curlew-rehearsal/request.json'], cwd=self.root,
                              capture_output=True, text=True, timeout=120)
        said = [json.loads(line[len(MARK):]) for line in done.stdout.split('\n') if line.startswith(MARK)]
        assert said and said[-1].get('done') or done.returncode == 0, done.stderr
        return said


def lines_of(said, path):
    return {part['test']: (part['failed'], part['lines'].get(path, [])) for part in said if 'lines' in part}


def verdicts(said):
    return {part['number']: (part['passed'], part['failed']) for part in said if 'number' in part}


class Unittest(unittest.TestCase):
    def workspace(self):
        return Workspace({'bird.py': LEGS, 'test_bird.py': UNITTESTS})

    def test_traces_the_lines_of_each_test(self):
        said = self.workspace().ask(mode='trace', runner='unittest', argv=[])
        ran = lines_of(said, 'bird.py')
        self.assertEqual(ran['Bird.test_legs'], (True, [2]))
        self.assertEqual(ran['Bird.test_no_legs'], (False, [2]))
        self.assertEqual(ran['Bird.test_wings'], (False, [6]))
        self.assertEqual(ran[''][0], False)
        self.assertIn(1, ran[''][1])
        self.assertNotIn('.curlew-rehearsal/rehearse.py', {path for part in said for path in part.get('lines', {})})

    def test_tries_changes_and_leaves_the_files_as_they_were(self):
        work = self.workspace()
        changes = [work.change('bird.py', '* 3', '* 4'), work.change('bird.py', '* 3', '+ 4'), work.change('bird.py', '* 3', '* 2'),
                   work.change('bird.py', '* 3', '* 5')]
        said = work.ask(mode='try', runner='unittest', argv=['test_bird'], tests=['Bird.test_legs'], changes=changes)
        self.assertEqual(verdicts(said), {0: (0, True), 1: (1, False)}, 'the first that pleases is the last')
        said = work.ask(mode='try', runner='unittest', argv=['test_bird'], tests=['Bird.test_legs', 'Bird.test_no_legs'], changes=changes)
        self.assertEqual(verdicts(said), {0: (0, True), 1: (1, True), 2: (2, False)})
        self.assertEqual((work.root / 'bird.py').read_text(), LEGS)

    def test_says_nothing_of_tests_that_do_not_fail(self):
        work = self.workspace()
        said = work.ask(mode='try', runner='unittest', argv=['test_bird'], tests=['Bird.test_wings'],
                        changes=[work.change('bird.py', '* 3', '* 2')])
        self.assertEqual(verdicts(said), {})
        self.assertEqual([part['limit'] for part in said if 'limit' in part], [0])

    def test_goes_by_a_limit_that_is_known(self):
        work = self.workspace()
        said = work.ask(mode='try', runner='unittest', argv=['test_bird'], tests=['Bird.test_legs'], known_limit=1.5,
                        changes=[work.change('bird.py', '* 3', '* 2')])
        self.assertEqual(verdicts(said), {0: (1, False)})
        self.assertIn({'limit': 1.5}, said)


class Hostile(unittest.TestCase):
    def rehearse(self, by, **more):
        work = Workspace({'bird.py': LEGS, 'test_bird.py': UNITTESTS})
        began = time.monotonic()
        changes = [work.change('bird.py', 'return birds * 3', by), work.change('bird.py', '* 3', '* 2')]
        said = work.ask(mode='try', runner='unittest', argv=['test_bird'], tests=['Bird.test_legs'], changes=changes, **more)
        self.assertEqual(verdicts(said), {0: (0, True), 1: (1, False)}, 'what comes behind it is not touched by it')
        return time.monotonic() - began

    def test_a_change_that_does_not_end(self):
        self.assertLess(self.rehearse('while True: pass'), 15)

    def test_a_change_that_waits(self):
        self.assertLess(self.rehearse('import time; time.sleep(1000)'), 15)

    def test_a_change_that_takes_all_memory(self):
        self.rehearse('a = bytearray(1 << 40); return len(a)')

    def test_a_change_that_ends_the_process(self):
        self.rehearse('import os; os._exit(1)')

    def test_a_change_that_crashes(self):
        self.rehearse('import os; os.kill(os.getpid(), 11)')

    def test_a_change_that_is_no_code(self):
        self.rehearse('return (')

    def test_a_change_that_writes_to_every_descriptor(self):
        self.rehearse('import os; [os.write(fd, b"x" * 99) for fd in (1, 2)]')

    def test_a_change_that_leaves_a_process_behind(self):
        self.assertLess(self.rehearse('import subprocess; subprocess.Popen(["sleep", "300"])'), 15)


class Hang(unittest.TestCase):
    FILES = {'bird.py': 'def legs(birds):\n    while birds != 0:\n        birds += 1\n    return birds\n',
             'test_bird.py': UNITTESTS.replace('import legs, wings', 'import legs').replace('wings(2), 4', 'legs(0), 0')
             .replace('legs(4), 8', 'legs(4), 0')}

    def test_says_where(self):
        said = Workspace(self.FILES).ask(mode='trace', runner='unittest', argv=['-v', 'test_bird'], limit=1)
        hanging = [part for part in said if 'hangs' in part]
        self.assertEqual(len(hanging), 1)
        self.assertEqual(hanging[0]['test'], 'Bird.test_legs')
        path, line = hanging[0]['hangs'][0]
        self.assertEqual(path, 'bird.py')
        self.assertIn(line, (2, 3))

    def test_is_undone(self):
        work = Workspace(self.FILES)
        changes = [work.change('bird.py', '+= 1', by) for by in ('-= 0', '-= -1', '-= 1')]
        ask = {'mode': 'try', 'runner': 'unittest', 'argv': ['test_bird'], 'changes': changes}
        said = work.ask(tests=['Bird.test_no_legs'], **ask)
        self.assertEqual(verdicts(said), {}, 'it does not fail: there is nothing to do')
        said = work.ask(tests=['Bird.test_legs'], **ask)
        self.assertEqual(verdicts(said), {0: (0, True), 1: (0, True), 2: (1, False)})


class Program(unittest.TestCase):
    def test_is_rehearsed_as_a_whole(self):
        work = Workspace({'bird.py': LEGS, 'check.py': 'import sys\nfrom bird import legs\nassert legs(int(sys.argv[1])) == 4\n'})
        said = work.ask(mode='try', runner='script', argv=['check.py', '2'], has_folder=False,
                        changes=[work.change('bird.py', '* 3', '* 4'), work.change('bird.py', '* 3', '* 2')])
        self.assertEqual(verdicts(said), {0: (0, True), 1: (1, False)})
        ran = lines_of(work.ask(mode='trace', runner='script', argv=['check.py', '2'], has_folder=False), 'bird.py')
        self.assertEqual(ran['the command'][0], True)
        self.assertIn(2, ran['the command'][1])


@unittest.skipUnless(HAS_PYTEST, 'there is no pytest')
class Pytest(unittest.TestCase):
    def workspace(self, **more):
        return Workspace({'bird.py': LEGS, 'tests/test_bird.py': PYTESTS, 'conftest.py': '', **more})

    def test_traces_the_failing_first(self):
        said = self.workspace().ask(mode='trace', runner='pytest', argv=['-q', 'tests'], tests=['test_legs[4]'])
        ran = lines_of(said, 'bird.py')
        self.assertEqual(list(ran), ['', 'test_legs[4]', 'test_wings', 'test_legs[0]', 'TestMore.test_expected'])
        self.assertEqual(ran['test_legs[4]'], (True, [2]))
        self.assertEqual(ran['test_wings'], (False, [6]))
        self.assertEqual(ran['TestMore.test_expected'][0], False)

    def test_tries_changes(self):
        work = self.workspace()
        changes = [work.change('bird.py', '* 3', by) for by in ('* 4', '+ 4', '* 2')]
        said = work.ask(mode='try', runner='pytest', argv=['-q', 'tests'], tests=['test_legs[4]', 'test_legs[0]'], changes=changes)
        self.assertEqual(verdicts(said), {0: (0, True), 1: (1, True), 2: (2, False)})

    def test_sees_changes_of_what_a_conftest_has_loaded(self):
        work = self.workspace(**{'conftest.py': 'import bird\n'})
        changes = [work.change('bird.py', '* 3', by) for by in ('* 4', '* 2')]
        said = work.ask(mode='try', runner='pytest', argv=['-q', 'tests'], tests=['test_legs[4]'], changes=changes)
        self.assertEqual(verdicts(said), {0: (0, True), 1: (1, False)})

    def test_repairs_what_cannot_be_collected(self):
        work = self.workspace(**{'bird.py': LEGS.replace('def wings', 'def winks')})
        changes = [work.change('bird.py', 'winks', by) for by in ('winds', 'wings')]
        said = work.ask(mode='try', runner='pytest', argv=['-q', 'tests', '--deselect', 'tests/test_bird.py::test_legs'], changes=changes)
        self.assertEqual(verdicts(said)[0], (0, True))
        self.assertFalse(verdicts(said)[1][1])


if __name__ == '__main__':
    unittest.main()
