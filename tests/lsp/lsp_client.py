"""A language client for black-box tests: drives a server over its standard input and output.

Standard library only. A reader thread sorts what comes: answers by id, everything else in a list.
The server's own requests are agreed to with null. Any byte on stdout that is no frame fails the
test, for stdout belongs to the protocol.
"""

import json
import os
import subprocess
import threading
import time

WAIT_S_MAX = 120  # generous: the tests may share a small machine with a build


class ServerGone(Exception):
    pass


class Client:
    def __init__(self, command, env, cwd):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=cwd)
        self.changed = threading.Condition()
        self.answers = {}
        self.answer_counts = {}
        self.orphans = []  # answers to nobody: id null
        self.incoming = []  # notifications and requests of the server
        self.violation = None
        self.at_end = False
        self.log = []
        self.next_id = 0
        self.versions = {}
        self.readers = [threading.Thread(target=self._read, daemon=True),
                        threading.Thread(target=self._read_log, daemon=True)]
        for reader in self.readers:
            reader.start()

    # --- Bytes ------------------------------------------------------------------------------------

    def send_bytes(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise ServerGone('\n'.join(self.log)) from error

    def send(self, message):
        body = json.dumps(dict(jsonrpc='2.0', **message)).encode()
        self.send_bytes(b'Content-Length: %d\r\n\r\n' % len(body) + body)

    def _read(self):
        stream = self.process.stdout
        try:
            while header := stream.readline():
                assert header.startswith(b'Content-Length: ') and header.endswith(b'\r\n'), header
                assert stream.readline() == b'\r\n'
                body = stream.read(int(header.split(b':')[1]))
                self._take(json.loads(body))
        except (AssertionError, ValueError) as error:
            self.violation = f'stdout holds something else than frames: {error!r}'
        with self.changed:
            self.at_end = True
            self.changed.notify_all()

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line.decode(errors='replace').rstrip())

    def _take(self, message):
        with self.changed:
            if 'method' in message:
                self.incoming.append(message)
            elif message['id'] is None:
                self.orphans.append(message)
            else:
                self.answers[message['id']] = message
                self.answer_counts[message['id']] = self.answer_counts.get(message['id'], 0) + 1
            self.changed.notify_all()
        if 'method' in message and 'id' in message:
            self.send({'id': message['id'], 'result': None})

    # --- Messages ---------------------------------------------------------------------------------

    def notify(self, method, params=None):
        self.send({'method': method, 'params': params if params is not None else {}})

    def ask(self, method, params=None):
        self.next_id += 1
        self.send({'id': self.next_id, 'method': method, 'params': params if params is not None else {}})
        return self.next_id

    def wait_until(self, what, ready):
        with self.changed:
            found = self.changed.wait_for(lambda: ready() or self.at_end, WAIT_S_MAX)
            if self.violation:
                raise AssertionError(self.violation)
            if not ready():
                reason = 'the server ended' if self.at_end else 'timed out' if not found else ''
                raise ServerGone(f'{what}: {reason}\n' + '\n'.join(self.log[-20:]))

    def answer(self, request_id):
        """The whole response; checks that there is exactly one."""
        self.wait_until(f'answer to {request_id}', lambda: request_id in self.answers)
        assert self.answer_counts[request_id] == 1, f'{request_id} was answered twice'
        return self.answers[request_id]

    def call(self, method, params=None):
        """The result; an error response raises."""
        answer = self.answer(self.ask(method, params))
        if 'error' in answer:
            raise AssertionError(f'{method}: {answer["error"]}')
        return answer['result']

    def error_code(self, method, params=None):
        return self.answer(self.ask(method, params)).get('error', {}).get('code')

    def wait_for(self, method, is_wanted=lambda params: True):
        def found():
            return [m['params'] for m in self.incoming if m['method'] == method and is_wanted(m['params'])]
        self.wait_until(method, found)
        return found()[0]

    # --- What editors do --------------------------------------------------------------------------

    def initialize(self, root=None, capabilities=None, process_id=None, **more):
        result = self.call('initialize', {
            'processId': process_id, 'rootUri': root.as_uri() if root else None,
            'capabilities': capabilities or {}, 'clientInfo': {'name': 'session_test'}, **more})
        self.notify('initialized')
        return result['capabilities']

    def wait_until_ready(self):
        deadline = time.monotonic() + WAIT_S_MAX
        while time.monotonic() < deadline:
            status = self.call('curlew/status')
            if status['ready']:
                return status
            time.sleep(0.02)
        raise AssertionError(f'not ready: {status}')

    def open(self, uri, text, language='cpp'):
        self.versions[uri] = 1
        self.notify('textDocument/didOpen', {
            'textDocument': {'uri': uri, 'languageId': language, 'version': 1, 'text': text}})

    def change(self, uri, *changes):
        """Each change: (line, character, end_line, end_character, text), or the whole text."""
        self.versions[uri] = self.versions.get(uri, 0) + 1
        self.notify('textDocument/didChange', {
            'textDocument': {'uri': uri, 'version': self.versions[uri]},
            'contentChanges': [{'text': c} if isinstance(c, str) else {'range': span(*c[:4]), 'text': c[4]}
                               for c in changes]})

    def ask_inline(self, uri, line, character, trigger=2):
        return self.ask('textDocument/inlineCompletion', dict(
            place(uri, line, character), context={'triggerKind': trigger}))

    def shut_down(self):
        """The polite end; returns the exit code."""
        assert self.call('shutdown') is None
        self.notify('exit')
        return self.wait_for_exit()

    def wait_for_exit(self):
        code = self.process.wait(WAIT_S_MAX)
        for reader in self.readers:
            reader.join(WAIT_S_MAX)
        if self.violation:
            raise AssertionError(self.violation)
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass


def span(line, character, end_line, end_character):
    return {'start': {'line': line, 'character': character}, 'end': {'line': end_line, 'character': end_character}}


def place(uri, line, character):
    return {'textDocument': {'uri': uri}, 'position': {'line': line, 'character': character}}


def clean_environment(home):
    """The machine's own settings, models and caches must not matter."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(('XDG_', 'CURLEW_'))}
    env['HOME'] = str(home)
    return env
