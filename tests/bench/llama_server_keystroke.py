#!/usr/bin/env python3
"""A keystroke as llama-server sees it: a fill-in-the-middle prompt, then five characters more.

    llama_server_keystroke.py --llama-server DIR/llama-server MODEL.gguf ... [--threads 2]

Asks /infill for one token behind a prefix of some 2,070 tokens with some 130 tokens of suffix,
types five characters at the end of the prefix and asks again; prints the median time of the second
answers. `editor_requests` measures the same of Curlew. The server listens on loopback and ends with
this program.
"""

import argparse
import json
import pathlib
import socket
import statistics
import subprocess
import time
import urllib.error
import urllib.request

PREFIX_TOKENS, SUFFIX_TOKENS = 2070, 130
SOURCES = pathlib.Path(__file__).resolve().parents[2] / "model"
START_SECONDS = 60


class Server:
    def __init__(self, binary, model, threads):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [binary, "-m", model, "-t", str(threads), "-c", "4096", "-b", "4096", "-np", "1",
             "--host", "127.0.0.1", "--port", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(self.url + "/health", timeout=1):
                    return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.__exit__()
        raise TimeoutError("llama-server did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)

    def text_of(self, source, first, count):
        """`count` tokens of the source from token `first` on, as text."""
        tokens = self.post("/tokenize", {"content": source})["tokens"]
        return self.post("/detokenize", {"tokens": tokens[first:first + count]})["content"]

    def infill(self, prefix, suffix, new_tokens):
        start = time.monotonic()
        answer = self.post("/infill", {"input_prefix": prefix, "input_suffix": suffix,
                                       "n_predict": new_tokens, "cache_prompt": True,
                                       "temperature": 0})
        return 1e3 * (time.monotonic() - start), answer["timings"]["prompt_n"]


def measure(server, repetitions):
    source = "".join(path.read_text() for path in sorted(SOURCES.rglob("*.cpp")))[:60_000]
    suffix = server.text_of(source, 9000, SUFFIX_TOKENS)
    times, evaluated = [], []
    for i in range(repetitions):
        prefix = server.text_of(source, 500 * i, PREFIX_TOKENS)
        server.infill(prefix, suffix, 16)
        ms, tokens = server.infill(prefix + "value", suffix, 1)
        times.append(ms)
        evaluated.append(tokens)
    return statistics.median(times), statistics.median(evaluated)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--llama-server", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=5)
    arguments = parser.parse_args()
    for model in arguments.models:
        with Server(arguments.llama_server, model, arguments.threads) as server:
            ms, tokens = measure(server, arguments.repetitions)
            print(f"{pathlib.Path(model).stem}: {ms:.0f} ms, {tokens:.0f} tokens evaluated",
                  flush=True)


if __name__ == "__main__":
    main()
