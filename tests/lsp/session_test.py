#!/usr/bin/env python3
"""Drives the built server through editing sessions, with the habits of different editors.

    CURLEW_BINARY=build/release/curlew tests/lsp/session_test.py [unittest arguments]

Ends with 77 (skipped) when there is no binary.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

from lsp_client import Client, clean_environment, place, span

CURLEW = os.path.abspath(os.environ.get('CURLEW_BINARY', 'build/release/curlew'))
SPEED_UP_MIN = 5.0  # of the second completion over the first
SPEED_ROUNDS = 5
SPEED_ATTEMPTS = 4
PROCESSOR_SHARE_MIN = 0.8  # below it, times say more about other work than about ours

CANCELLED, INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR = -32800, -32602, -32600, -32700
METHOD_NOT_FOUND, NOT_INITIALIZED = -32601, -32002


def long_source(functions, first=0):
    """Ordinary code that is not the same line again and again."""
    words = ['index', 'buffer', 'token', 'shard', 'cursor', 'range', 'symbol', 'chunk', 'query', 'score']
    verbs = ['load', 'store', 'merge', 'split', 'parse', 'print', 'count', 'reset', 'find', 'sort']
    out = ['#include <string>', '#include <vector>', '']
    for number in range(first, first + functions):
        verb, word, other = verbs[number % 10], words[number // 10 % 10], words[(number * 7 + 3) % 10]
        name = f'{verb}_{word}_{other}_{number}'
        out += [f'// Makes the {word} of every {other} ready, at most {number * 13 + 5} of them.',
                f'int {name}(const std::vector<int>& {word}s, int {other}_count) {{',
                f'  int {word}_total = {number};',
                f'  for (int {word} : {word}s) {word}_total += {word} * {other}_count - {number % 17};',
                f'  if ({word}_total > {other}_count) return {word}_total;',
                f'  return {other}_count + {number * 3 % 29};', '}', '']
    return '\n'.join(out)


def processor_share(seconds=0.05):
    """How much of a processor this process gets when it wants a whole one."""
    begin, begin_busy = time.perf_counter(), time.process_time()
    while time.perf_counter() - begin < seconds:
        pass
    return (time.process_time() - begin_busy) / (time.perf_counter() - begin)


class SessionTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='curlew-session-')
        self.home = pathlib.Path(self.folder.name).resolve() / 'home'
        self.root = pathlib.Path(self.folder.name).resolve() / 'work space'
        self.home.mkdir()
        self.root.mkdir()
        self.clients = []
        self.write('src/shapes.h', '#pragma once\n\n// A circle.\nclass Circle {\n public:\n'
                                   '  explicit Circle(double radius) : radius_(radius) {}\n'
                                   '  double area() const;\n\n private:\n  double radius_;\n};\n')
        self.write('src/shapes.cpp', '#include "shapes.h"\n\ndouble Circle::area() const {\n'
                                     '  return 3.14159 * radius_ * radius_;\n}\n')
        self.write('tools/report.py', 'def make_report(shapes):\n    total = 0.0\n    for shape in shapes:\n'
                                      '        total += shape.area()\n    return total\n')

    def tearDown(self):
        for client in self.clients:
            client.close()
        self.folder.cleanup()

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        return file.as_uri()

    def uri(self, path):
        return (self.root / path).as_uri()

    def start(self, *arguments):
        client = Client([CURLEW, 'lsp', '--standalone', *arguments], clean_environment(self.home), self.root)
        self.clients.append(client)
        return client

    def started(self, *arguments, **initialize):
        client = self.start(*arguments)
        client.initialize(self.root, **initialize)
        return client

    # --- A whole session --------------------------------------------------------------------------

    def test_an_editing_session(self):
        client = self.start()
        capabilities = client.initialize(self.root, {
            'window': {'workDoneProgress': True},
            'workspace': {'configuration': True, 'didChangeWatchedFiles': {'dynamicRegistration': True}},
            'textDocument': {'documentSymbol': {'hierarchicalDocumentSymbolSupport': True}}})
        self.assertEqual(capabilities['positionEncoding'], 'utf-16')
        client.wait_for('workspace/configuration')
        registered = client.wait_for('client/registerCapability')['registrations'][0]
        self.assertEqual(registered['method'], 'workspace/didChangeWatchedFiles')
        status = client.wait_until_ready()
        self.assertEqual(status['model']['state'], 'ready', status)
        self.assertEqual(status['index'][0]['state'], 'ready')
        self.assertEqual(status['index'][0]['files'], 3)

        names = [s['name'] for s in client.call('workspace/symbol', {'query': 'Circle'})]
        self.assertIn('Circle', names)

        uri = self.uri('src/shapes.cpp')
        text = (self.root / 'src/shapes.cpp').read_text()
        client.open(uri, text)
        client.change(uri, (5, 0, 5, 0, '\ndouble Circle::diameter() const {\n  \n}\n'))
        client.answer(client.ask_inline(uri, 7, 2, trigger=1))
        symbols = client.call('textDocument/documentSymbol', {'textDocument': {'uri': uri}})
        self.assertTrue(any('diameter' in s['name'] for s in symbols), symbols)
        chunks = client.call('curlew/context', place(uri, 7, 2))
        self.assertIn('src/shapes.h', [c['path'] for c in chunks])
        completion = client.call('curlew/complete', place(uri, 7, 2))
        self.assertLessEqual({'text', 'finish', 'prompt_tokens', 'cached_tokens', 'tokens', 'timings', 'context',
                              'model', 'device'}, completion.keys())

        # A save brings a new symbol into the index.
        self.write('src/square.h', 'class SquareOfTheSession {};\n')
        client.notify('workspace/didChangeWatchedFiles', {
            'changes': [{'uri': self.uri('src/square.h'), 'type': 1}]})
        deadline = time.monotonic() + 60
        while not client.call('workspace/symbol', {'query': 'SquareOfTheSession'}):
            self.assertLess(time.monotonic(), deadline, 'the new file was not indexed')
            time.sleep(0.02)

        status = client.call('workspace/executeCommand', {'command': 'curlew.status'})
        self.assertGreaterEqual(status['completion']['requests'], 2)
        client.notify('textDocument/didSave', {'textDocument': {'uri': uri}})
        client.notify('textDocument/didClose', {'textDocument': {'uri': uri}})
        self.assertEqual(client.shut_down(), 0)

    def test_progress_of_the_index(self):
        for number in range(40):
            self.write(f'many/file{number}.cpp', long_source(5))
        client = self.started(capabilities={'window': {'workDoneProgress': True}})
        client.wait_until_ready()
        client.wait_for('didChangeStatus', lambda status: not status['busy'])
        begun = {m['params']['token'] for m in client.incoming
                 if m['method'] == '$/progress' and m['params']['value']['kind'] == 'begin'}
        created = {m['params']['token'] for m in client.incoming if m['method'] == 'window/workDoneProgress/create'}
        self.assertLessEqual(begun, created)
        for token in begun:
            client.wait_for('$/progress', lambda p, t=token: p['token'] == t and p['value']['kind'] == 'end')

    # --- Speed ------------------------------------------------------------------------------------

    def test_a_typed_character_reuses_the_cache(self):
        # Other work on the machine stretches the short completion most, so a slow attempt proves nothing.
        for _ in range(SPEED_ATTEMPTS):
            ratios = self.speed_ups()
            if not ratios:
                self.skipTest('the machine is too busy to time anything; that the cache is reused was checked')
            if statistics.median(ratios) >= SPEED_UP_MIN:
                return
        self.fail(f'{SPEED_ATTEMPTS} times less than {SPEED_UP_MIN} times faster; the last time: {ratios}')

    def speed_ups(self):
        ratios = []
        for _ in range(SPEED_ROUNDS):
            before = processor_share()
            ratio = self.speed_up_of_a_typed_character()
            if min(before, processor_share()) >= PROCESSOR_SHARE_MIN:
                ratios.append(ratio)
        return ratios

    def speed_up_of_a_typed_character(self):
        """The first completion in a long file over the next one, after a character."""
        lines = long_source(120).split('\n')
        line = next(n for n, s in enumerate(lines) if 'parse_shard' in s and s.startswith('int')) + 2
        lines.insert(line, '  int answer = ')
        uri = self.write('src/long.cpp', '\n'.join(lines))
        client = self.started(initializationOptions={'completion': {'budgetMs': 60000}, 'prefixCache': False})
        client.wait_until_ready()
        client.open(uri, '\n'.join(lines))
        column = len(lines[line])
        first = client.call('curlew/complete', dict(place(uri, line, column), lines='one'))
        client.change(uri, (line, column, line, column, 's'))
        second = client.call('curlew/complete', dict(place(uri, line, column + 1), lines='one'))
        first_ms, second_ms = first['timings']['total_ms'], second['timings']['total_ms']
        print(f'\nafter one typed character: {second_ms:.1f} ms instead of {first_ms:.1f} ms, '
              f'{first_ms / second_ms:.1f} times faster; {second["cached_tokens"]} of {second["prompt_tokens"]} '
              'prompt tokens from the cache', file=sys.stderr)
        self.assertGreater(second['cached_tokens'], second['prompt_tokens'] * 0.9)
        self.assertLess(first['cached_tokens'], first['prompt_tokens'] * 0.5)
        self.assertEqual(client.shut_down(), 0)
        return first_ms / second_ms

    def test_a_restarted_server_knows_the_prompt(self):
        text = long_source(60)
        uri = self.write('src/long.cpp', text)
        line = next(n for n, s in enumerate(text.split('\n')) if s.startswith('int')) + 1
        answers = []
        for _ in range(2):
            client = self.started(initializationOptions={'completion': {'budgetMs': 60000}})
            client.wait_until_ready()
            client.open(uri, text)
            answers.append(client.call('curlew/complete', dict(place(uri, line, 0), lines='one')))
            self.assertEqual(client.shut_down(), 0)
        self.assertLess(answers[0]['cached_tokens'], answers[0]['prompt_tokens'] * 0.5)
        self.assertGreater(answers[1]['cached_tokens'], answers[1]['prompt_tokens'] * 0.9)
        self.assertEqual(answers[1]['text'], answers[0]['text'])
        stored = list((self.home / '.cache/curlew/prefixes').iterdir())
        self.assertEqual(len(stored), 1)
        self.assertEqual(stored[0].stat().st_mode & 0o777, 0o600)  # it holds the user's text

    def test_a_place_that_a_copy_answered_is_evaluated_ahead(self):
        for idle_seconds in (0.5, 2, 8, 32):  # by how busy the machine is
            share = self.cached_share_after_a_copy(idle_seconds)
            if share > 0.9:
                return
        self.fail(f'only {100 * share:.0f}% of the prompt was cached')

    def cached_share_after_a_copy(self, idle_seconds):
        lines = long_source(60).split('\n')
        block = ['  open_the_file(path);', '  read_all_of_it(path);', '  close_the_file(path);']
        typed = '  close_'
        starts = [n for n, s in enumerate(lines) if s.startswith('int')][10:55:6]
        for start in reversed(starts):
            lines[start + 1:start + 1] = block if start != starts[-2] else block[:2] + [typed]
        line, column = lines.index(typed), len(typed)
        text = '\n'.join(lines)
        uri = self.write('src/long.cpp', text)
        client = self.started(initializationOptions={'completion': {'budgetMs': 60000}, 'prefixCache': False})
        client.wait_until_ready()
        client.open(uri, text)
        copied = client.call('curlew/complete', dict(place(uri, line, column), lines='one'))
        self.assertEqual((copied['source'], copied['prompt_tokens']), ('copy', 0), copied)
        self.assertEqual(copied['text'], block[2][column:])
        time.sleep(idle_seconds)
        client.change(uri, (line, column, line, column, 'zq'))
        generated = client.call('curlew/complete', dict(place(uri, line, column + 2), lines='one'))
        self.assertGreater(generated['prompt_tokens'], 100, generated)
        self.assertEqual(client.shut_down(), 0)
        return generated['cached_tokens'] / generated['prompt_tokens']

    # --- Cancelling -------------------------------------------------------------------------------

    def test_a_storm_of_cancelled_requests(self):
        uri = self.write('src/storm.cpp', long_source(60))
        client = self.started()
        client.open(uri, long_source(60))
        cancelled = []
        for number in range(200):
            cancelled.append(client.ask_inline(uri, 10 + number % 300, 0))
            client.notify('$/cancelRequest', {'id': cancelled[-1]})
        last = client.ask_inline(uri, 12, 2)
        for request in cancelled:
            answer = client.answer(request)
            # Cancelling is a race: the first may have been done already.
            self.assertTrue('result' in answer or answer['error']['code'] == CANCELLED, answer)
        self.assertIn('result', client.answer(last))
        self.assertEqual(client.shut_down(), 0)

    def test_an_editor_that_asks_again_without_cancelling(self):
        uri = self.write('src/storm.cpp', long_source(60))
        client = self.started()
        client.wait_until_ready()
        client.open(uri, long_source(60))
        asked = []
        for number in range(200):  # Neovim's way, with an edit before each
            client.change(uri, (1, number, 1, number, 'x'))
            asked.append(client.ask_inline(uri, 1, number + 1))
        answers = [client.answer(request) for request in asked]
        self.assertIn('result', answers[-1])
        for answer in answers[:-1]:
            self.assertTrue('result' in answer or answer['error']['code'] == CANCELLED, answer)

    # --- Text -------------------------------------------------------------------------------------

    def test_positions_in_utf_16(self):
        client = self.started('--model', 'none')
        uri = self.uri('src/emoji.py')
        client.open(uri, 'face = "😀😀"\r\nfa\r\n', 'python')
        for character in range(0, 15):  # inside surrogates and past the end too
            self.assertIn('result', client.answer(client.ask_inline(uri, 0, character)))
        # Several ranges in one notification, each in the text that the one before left.
        client.change(uri, (0, 8, 0, 10, ''), (0, 8, 0, 8, 'é'), (1, 0, 1, 2, 'def face_of(x):\r\n    return x'))
        symbols = client.call('textDocument/documentSymbol', {'textDocument': {'uri': uri}})
        found = next(s for s in symbols if s['name'] == 'face_of')
        self.assertEqual(found['location']['range'], span(1, 0, 2, 12))
        client.change(uri, (0, 0, 0, 99, '"é😀"; answer_of = 1'))
        symbols = client.call('textDocument/documentSymbol', {'textDocument': {'uri': uri}})
        found = next(s for s in symbols if s['name'] == 'answer_of')
        self.assertEqual(found['location']['range']['start'], {'line': 0, 'character': 7})

    def test_positions_in_utf_8(self):
        client = self.start('--model', 'none')
        capabilities = client.initialize(self.root, {'general': {'positionEncodings': ['utf-16', 'utf-8']}})
        self.assertEqual(capabilities['positionEncoding'], 'utf-8')
        uri = self.uri('src/emoji.py')
        client.open(uri, '"é😀"; answer_of = 1\n', 'python')
        symbols = client.call('textDocument/documentSymbol', {'textDocument': {'uri': uri}})
        found = next(s for s in symbols if s['name'] == 'answer_of')
        self.assertEqual(found['location']['range']['start'], {'line': 0, 'character': 10})

    def test_suggestions_keep_to_one_line_and_to_crlf(self):
        client = self.started('--model', 'none')
        uri = self.uri('src/crlf.cpp')
        body = ''.join(f'int value_{n} = compute_value(input_{n}, 42);\r\n' for n in range(8))
        client.open(uri, body + 'int value_9 = compute_value(')
        column = len('int value_9 = compute_value(')
        items = client.answer(client.ask_inline(uri, 8, column, trigger=1))['result']['items']
        for item in items:
            self.assertEqual(item['range']['start']['line'], item['range']['end']['line'])
            self.assertNotIn('\n', item['insertText'].replace('\r\n', ''))
        # The rest of the suggestion is there at once while it is typed.
        if items and items[0]['range']['end']['character'] == column:
            said = items[0]['insertText']
            client.change(uri, (8, column, 8, column, said[0]))
            rest = client.answer(client.ask_inline(uri, 8, column + 1))['result']['items'][0]
            self.assertEqual(rest['insertText'], said[1:])
            self.assertEqual(rest['data']['source'], 'typed-through')

    def test_documents_that_are_no_files(self):
        client = self.started('--model', 'none')
        for uri in ['untitled:Untitled-1', 'git:/a.cpp?x', 'file://elsewhere/a.cpp', 'file:///%ZZ', '']:
            client.open(uri, 'int a;\n')
            self.assertIn('result', client.answer(client.ask_inline(uri, 0, 3)), uri)
            client.notify('textDocument/didClose', {'textDocument': {'uri': uri}})
            self.assertEqual(client.answer(client.ask_inline(uri, 0, 3))['error']['code'], INVALID_PARAMS)

    def test_a_file_that_is_deleted_while_open(self):
        client = self.started('--model', 'none')
        client.wait_until_ready()
        uri = self.uri('src/shapes.h')
        client.open(uri, (self.root / 'src/shapes.h').read_text())
        (self.root / 'src/shapes.h').unlink()
        client.notify('workspace/didChangeWatchedFiles', {'changes': [{'uri': uri, 'type': 3}]})
        client.change(uri, (11, 0, 11, 0, 'class Oval {};\n'))
        symbols = client.call('textDocument/documentSymbol', {'textDocument': {'uri': uri}})
        self.assertIn('Oval', [s['name'] for s in symbols])
        self.assertIn('result', client.answer(client.ask_inline(uri, 11, 3)))
        client.call('workspace/symbol', {'query': 'Circle'})
        client.notify('textDocument/didSave', {'textDocument': {'uri': uri}})
        client.notify('textDocument/didClose', {'textDocument': {'uri': uri}})
        self.assertEqual(client.error_code('textDocument/documentSymbol', {'textDocument': {'uri': uri}}),
                         INVALID_PARAMS)
        self.assertEqual(client.shut_down(), 0)

    # --- Bad manners ------------------------------------------------------------------------------

    def test_messages_in_the_wrong_order(self):
        client = self.start('--model', 'none')
        self.assertEqual(client.error_code('textDocument/inlineCompletion', place('file:///a', 0, 0)), NOT_INITIALIZED)
        client.notify('textDocument/didOpen', {'textDocument': {'uri': 'file:///a', 'text': ''}})
        client.notify('$/cancelRequest', {'id': 77})
        client.initialize(self.root)
        self.assertEqual(client.error_code('initialize', {'capabilities': {}}), INVALID_REQUEST)
        client.change('file:///never/opened', (0, 0, 0, 0, 'x'))
        client.send({'id': 'curlew:99', 'result': None})  # an answer to nothing
        self.assertEqual(client.error_code('textDocument/hover', place('file:///a', 0, 0)), METHOD_NOT_FOUND)
        client.notify('textDocument/willSave', {})
        client.notify('$/unknown', {})
        self.assertIn('ready', client.call('curlew/status'))
        self.assertIsNone(client.call('shutdown'))
        self.assertEqual(client.error_code('curlew/status'), INVALID_REQUEST)
        client.notify('exit')
        self.assertEqual(client.wait_for_exit(), 0)

    def test_malformed_bytes(self):
        client = self.started('--model', 'none')
        for bad in [b'hello?\r\n\r\n', b'Content-Length: -3\r\n\r\nabc', b'Content-Length: 4\r\n\r\n{"a"',
                    b'Content-Length: 99999999999999\r\n\r\n', b'Content-Type: x\r\n\r\n', b'\x00\xff\x7f\n',
                    b'Content-Length: 2\r\n\r\n[]', b'Content-Length: 5\r\n\r\n"\xff\xfe\x00"',
                    b'X: ' + b'y' * 20000 + b'\r\n\r\n']:
            seen = len(client.orphans)
            client.send_bytes(bad)
            self.assertIn('ready', client.call('curlew/status'), bad[:40])
            self.assertGreater(len(client.orphans), seen, bad[:40])
            self.assertIn(client.orphans[-1]['error']['code'], (PARSE_ERROR, INVALID_REQUEST))
        body = b'{"jsonrpc":"2.0","id":"slow","method":"curlew/status"}'
        for byte in b'Content-Length: %d\n\n' % len(body) + body:
            client.send_bytes(bytes([byte]))
        self.assertIn('result', client.answer('slow'))
        self.assertEqual(client.shut_down(), 0)

    def test_settings_that_are_wrong(self):
        (self.root / 'curlew.toml').write_text('modle = "x"\n')
        client = self.started('--model', 'none', initializationOptions={'completion': {'lines': 'seven'}})
        client.wait_for('window/showMessage', lambda p: "unknown key 'modle'" in p['message'])
        client.wait_for('window/showMessage', lambda p: "'completion.lines'" in p['message'])

    def test_a_model_that_is_not_there(self):
        client = self.started('--model', '/not/there.gguf')
        client.wait_for('window/showMessage', lambda p: '/not/there.gguf' in p['message'])
        client.open(self.uri('src/a.cpp'), 'int a;\nint b;\nin')
        self.assertIn('result', client.answer(client.ask_inline(self.uri('src/a.cpp'), 2, 2)))

    # --- The end ----------------------------------------------------------------------------------

    def test_exit_without_shutdown(self):
        client = self.started('--model', 'none')
        client.notify('exit')
        self.assertEqual(client.wait_for_exit(), 1)

    def test_end_of_input(self):
        client = self.started('--model', 'none')
        client.process.stdin.close()
        self.assertEqual(client.wait_for_exit(), 1)

    def test_death_of_the_parent(self):
        parent = subprocess.Popen(['sleep', '600'])
        try:
            client = self.started('--model', 'none', process_id=parent.pid)
            self.assertIn('ready', client.call('curlew/status'))
        finally:
            parent.kill()
            parent.wait()
        self.assertEqual(client.wait_for_exit(), 1)  # though its input is still open


if __name__ == '__main__':
    if not os.access(CURLEW, os.X_OK):
        print(f'skipped: no program at {CURLEW}', file=sys.stderr)
        sys.exit(77)
    unittest.main(verbosity=2)
