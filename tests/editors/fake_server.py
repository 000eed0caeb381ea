#!/usr/bin/env python3
"""A scripted language server that the editors' own tests talk to.

It knows a few texts by heart and completes a line that begins like one of them, so a test can say
exactly what must be on the screen. What it receives goes to the file FAKE_LOG, a JSON object a line;
with a completion request goes the document as the server understands it. FAKE_DELAY_MS holds answers
back; FAKE_ENCODING forces the position encoding; FAKE_PROGRESS makes it report work after the start.
Typing `crash now` ends it with exit code 3.
"""

import json
import os
import sys
import threading
import time

KNOWN = [
    "for (int c = 0; c < cols; ++c) squares +=\n        row[c];",
    "int add(int a, int b) {\n  return a + b;\n}",
    "int sum = add(1, 2);",
    'auto smile = u8"😀😀"; // grin',
    "void tabs() {\n\tgo();\n}",
]
PREFIX_LENGTH_MIN = 4
UNITS = {"utf-8": 1, "utf-16": 2, "utf-32": 4}

lock = threading.Lock()  # guards stdout and `pending`
pending = {}  # request id -> timer
documents = {}  # uri -> text
last = {}  # "data": of the completion answered last
encoding = "utf-16"


def units(text):
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    return len(text.encode(codec)) // UNITS[encoding]


def column(line, character):
    """Units -> index into a Python string."""
    at = 0
    while at < len(line) and units(line[: at + 1]) <= character:
        at += 1
    return at


def offset(text, position):
    lines = text.split("\n")
    before = sum(len(line) + 1 for line in lines[: position["line"]])
    return before + column(lines[position["line"]], position["character"])


def log(entry):
    if "FAKE_LOG" in os.environ:
        with open(os.environ["FAKE_LOG"], "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    with lock:
        sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        sys.stdout.buffer.flush()


def receive():
    length = 0
    while line := sys.stdin.buffer.readline().strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def initialize(params):
    global encoding
    offered = params["capabilities"].get("general", {}).get("positionEncodings", ["utf-16"])
    encoding = os.environ.get("FAKE_ENCODING") or ("utf-8" if "utf-8" in offered else "utf-16")
    return {
        "capabilities": {
            "positionEncoding": encoding,
            "textDocumentSync": {"openClose": True, "change": 2},
            "inlineCompletionProvider": True,
            "executeCommandProvider": {
                "commands": ["curlew.accepted", "curlew.pause", "curlew.reindex"]
            },
        },
        "serverInfo": {"name": "fake"},
    }


def show_progress():
    if "FAKE_PROGRESS" not in os.environ:
        return
    send({"id": "progress", "method": "window/workDoneProgress/create", "params": {"token": "t"}})
    steps = [
        {"kind": "begin", "title": "Indexing", "percentage": 0},
        {"kind": "report", "percentage": 50},
        {"kind": "end"},
    ]
    for step in steps:
        send({"method": "$/progress", "params": {"token": "t", "value": step}})
        time.sleep(0.3)


def complete(params):
    position = params["position"]
    text = documents[params["textDocument"]["uri"]]
    line = text.split("\n")[position["line"]]
    at = column(line, position["character"])
    written, tail = line[:at].lstrip(), line[at:]
    if len(written) < PREFIX_LENGTH_MIN:
        return {"items": []}
    for known in KNOWN:
        if known.startswith(written) and len(known) > len(written) and known.endswith(tail):
            start = {"line": position["line"], "character": units(line[: at - len(written)])}
            end = {"line": position["line"], "character": units(line)}
            last["data"] = {
                "source": "model",
                "prompt_tokens": 100,
                "cached_tokens": 90,
                "timings": {"total_ms": 1.5},
                "context": [
                    {"path": "main.cpp", "start_line": 1, "end_line": 2, "score": 1, "why": "used"}
                ],
            }
            item = {
                "insertText": known,
                "filterText": known,
                "range": {"start": start, "end": end},
                "command": {"title": "", "command": "curlew.accepted", "arguments": ["id-1"]},
                "data": last["data"],
            }
            return {"items": [item]}
    return {"items": []}


def change(params):
    uri = params["textDocument"]["uri"]
    for edit in params["contentChanges"]:
        text = documents[uri]
        if "range" in edit:
            start, end = offset(text, edit["range"]["start"]), offset(text, edit["range"]["end"])
            documents[uri] = text[:start] + edit["text"] + text[end:]
        else:
            documents[uri] = edit["text"]
    crash_if_asked(documents[uri])


def crash_if_asked(text):
    if "crash now" in text:
        os._exit(3)


def answer_later(message):
    params = message["params"]
    log({"method": message["method"], "params": params, "text": documents[params["textDocument"]["uri"]]})
    result = complete(params)

    def answer():
        with lock:
            if pending.pop(message["id"], None) is None:
                return
        send({"id": message["id"], "result": result})

    timer = threading.Timer(int(os.environ.get("FAKE_DELAY_MS", "0")) / 1000, answer)
    pending[message["id"]] = timer
    timer.start()


def cancel(params):
    with lock:
        timer = pending.pop(params["id"], None)
    if timer:
        timer.cancel()
        send({"id": params["id"], "error": {"code": -32800, "message": "cancelled"}})


def handle(message):
    method, params = message.get("method"), message.get("params")
    if method == "textDocument/inlineCompletion":
        answer_later(message)
        return
    log({"method": method, "params": params})
    if method == "textDocument/didOpen":
        documents[params["textDocument"]["uri"]] = params["textDocument"]["text"]
        crash_if_asked(params["textDocument"]["text"])
    elif method == "textDocument/didChange":
        change(params)
    elif method == "$/cancelRequest":
        cancel(params)
    elif method == "initialized":
        threading.Thread(target=show_progress, daemon=True).start()
    elif method == "exit":
        sys.exit(0)
    elif "id" in message and method:
        send({"id": message["id"], "result": answer(method, params)})


def answer(method, params):
    if method == "initialize":
        return initialize(params)
    if method == "curlew/status":
        return {
            "ready": True,
            "model": {"name": "fake", "device": "cpu", "state": "ready"},
            "index": [{"root": "/fake", "files": 7, "symbols": 8, "state": "ready"}],
            "completion": {"last": last.get("data")},
        }
    if method == "workspace/executeCommand" and params["command"] == "curlew.pause":
        paused = params["arguments"][0]
        kind, message = ("Inactive", "paused") if paused else ("Normal", "")
        send({"method": "didChangeStatus", "params": {"kind": kind, "busy": False, "message": message}})
    return None


def main():
    while message := receive():
        handle(message)


main()
