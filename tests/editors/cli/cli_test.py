#!/usr/bin/env python3
"""Drives the curlew binary as a script would: every command, its JSON, its exit code, and what it says of bad input.

Usage: CURLEW_BINARY=build/release/curlew python3 tests/editors/cli/cli_test.py [-v] [TestClass.test_name]
"""

import base64
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("CURLEW_BINARY", str(SOURCE / "build/release/curlew"))
BUNDLED = next((SOURCE / "model/bundled").glob("*.gguf"))
TIMEOUT_S = 120

DONE, FOUND, USAGE = 0, 1, 2

MATH_H = """\
#pragma once
// Clamps value into [low, high].
int clamp_to_range(int value, int low, int high);
struct Accumulator {
  int total = 0;
  void add_sample(int sample);
};
"""
MATH_CPP = """\
#include "math.h"

int clamp_to_range(int value, int low, int high) {
  if (value < low) return low;
  if (value > high) return high;
  return value;
}

void Accumulator::add_sample(int sample) {
  total += clamp_to_range(sample, 0, 100);
}
"""
MAIN_CPP = """\
#include "math.h"

int main() {
  Accumulator accumulator;
  accumulator.add_sample(3);
  accumulator.add_sample(4);
  accumulator.add_
  return accumulator.total;
}
"""


class Workspace(unittest.TestCase):
    """A small repository in a temporary folder, with state and cache folders of its own."""

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="curlew-cli-"))
        self.addCleanup(shutil.rmtree, self.home, True)
        self.root = self.home / "workspace"
        self.root.mkdir()
        for name, text in {"math.h": MATH_H, "math.cpp": MATH_CPP, "main.cpp": MAIN_CPP}.items():
            (self.root / name).write_text(text)
        self.env = dict(os.environ, HOME=str(self.home), XDG_CACHE_HOME=str(self.home / "cache"),
                        XDG_STATE_HOME=str(self.home / "state"), XDG_DATA_HOME=str(self.home / "data"),
                        XDG_CONFIG_HOME=str(self.home / "config"))

    def run_curlew(self, *args, stdin=b"", cwd=None):
        if isinstance(stdin, str):
            stdin = stdin.encode()
        return subprocess.run([BINARY, *map(str, args)], input=stdin, cwd=cwd or self.root,
                              env=self.env, capture_output=True, timeout=TIMEOUT_S)

    def ok(self, *args, stdin=b"", code=DONE):
        done = self.run_curlew(*args, stdin=stdin)
        self.assertIn(done.returncode, (DONE, FOUND) if code is None else (code,), done.stderr.decode(errors="replace"))
        return done.stdout

    def ok_json(self, *args, stdin=b"", code=DONE):
        return json.loads(self.ok(*args, "--json", stdin=stdin, code=code))

    def assert_refused(self, done, *words):
        """One clear error: exit code 2, one line on stderr that starts right and says each of `words`."""
        error = done.stderr.decode(errors="replace")
        self.assertEqual(done.returncode, USAGE, error)
        self.assertEqual(done.stdout, b"")
        lines = [line for line in error.splitlines() if line.startswith("curlew: error: ")]
        self.assertEqual(len(lines), 1, error)
        for word in words:
            self.assertIn(word, lines[0])


class Complete(Workspace):
    def test_json_has_every_field_of_the_interface(self):
        got = self.ok_json("complete", f"{self.root}/main.cpp:7:19")
        self.assertEqual(set(got) & {"text", "finish", "prompt_tokens", "cached_tokens", "tokens", "timings",
                                     "context", "model", "device"},
                         {"text", "finish", "prompt_tokens", "cached_tokens", "tokens", "timings", "context",
                          "model", "device"})
        self.assertLessEqual({"retrieve_ms", "prefill_ms", "decode_ms", "total_ms"}, set(got["timings"]))
        for chunk in got["context"]:
            self.assertLessEqual({"path", "start_line", "end_line", "score", "why"}, set(chunk))

    def test_without_a_model_the_copy_predictor_continues_the_pattern(self):
        got = self.ok_json("complete", f"{self.root}/main.cpp:7:19", "--model", "none")
        self.assertRegex(got["text"], r"^sample\(\d\);$")
        self.assertEqual(got["source"], "copy")

    def test_greedy_completion_is_the_same_twice(self):
        texts = {self.ok_json("complete", f"{self.root}/main.cpp:7:19")["text"] for _ in range(2)}
        self.assertEqual(len(texts), 1)

    def test_places_outside_the_file_are_refused(self):
        for place, word in [("main.cpp:99:1", "line 99"), ("main.cpp:7:200", "column 200"),
                            ("gone.cpp:1:1", "no such file"), ("main.cpp", "FILE:LINE:COL"),
                            ("main.cpp:0:1", "FILE:LINE:COL"), (".:1:1", "not a regular file")]:
            with self.subTest(place):
                self.assert_refused(self.run_curlew("complete", place), word)

    def test_a_place_inside_a_character_is_refused(self):
        (self.root / "wide.py").write_text("name = '\N{GRINNING FACE}'\n")
        self.assert_refused(self.run_curlew("complete", "wide.py:1:11"), "inside a character")


class Context(Workspace):
    def test_definition_from_another_file_is_found_with_its_reason(self):
        (self.root / "use.cpp").write_text('#include "math.h"\n\nint f(int x) {\n  return clamp_to_range(x, \n}\n')
        chunks = self.ok_json("context", f"{self.root}/use.cpp:4:28")
        self.assertTrue(any("clamp_to_range" in chunk["text"] and chunk["path"].startswith("math.")
                            for chunk in chunks), chunks)
        self.assertTrue(all(chunk["why"] for chunk in chunks))

    def test_a_secret_file_is_not_read(self):
        (self.root / ".env").write_text("TOKEN=very_secret_token\n")
        (self.root / "gcp-key.json").write_text("{}\n")
        (self.root / "linked.py").symlink_to(".env")
        for name in (".env", "gcp-key.json", "linked.py"):
            for command in ("context", "complete"):
                done = self.run_curlew(command, "--model", "none", f"{name}:1:1")
                self.assert_refused(done, "secret")
                self.assertNotIn(b"very_secret_token", done.stderr)


class Index(Workspace):
    def test_counts_and_second_run_parses_nothing(self):
        first = self.ok_json("index", self.root)
        self.assertEqual(first["files"], 3)
        self.assertEqual(set(first["by_language"]), {"cpp"})
        self.assertGreaterEqual(first["symbols"], 4)
        self.assertEqual(self.ok_json("index", self.root)["indexed"], 0)

    def test_secrets_and_ignored_files_are_never_indexed(self):
        (self.root / ".gitignore").write_text("generated/\n")
        (self.root / "generated").mkdir()
        (self.root / "generated/made.cpp").write_text("int made_by_a_tool;\n")
        (self.root / ".env").write_text("TOKEN=very_secret_token\n")
        stats = self.ok_json("index", self.root)
        self.assertGreaterEqual(stats["skipped"].get("secret", 0), 1)
        self.assertGreaterEqual(stats["skipped"].get("ignored", 0), 1)
        for query in ("made_by_a_tool", "very_secret_token"):
            self.ok("search", query, code=FOUND)
        stored = b"".join(path.read_bytes() for path in (self.home / "cache").rglob("*") if path.is_file())
        self.assertNotIn(b"very_secret_token", stored)

    def test_a_broken_index_is_rebuilt_with_a_word(self):
        self.ok("index", self.root)
        stores = list((self.home / "cache").rglob("*.sqlite"))
        self.assertEqual(len(stores), 1)
        for wal in stores[0].parent.glob("*.sqlite-*"):
            wal.unlink()
        stores[0].write_bytes(b"this is no database" * 300)
        done = self.run_curlew("index", self.root, "--json")
        self.assertEqual(done.returncode, DONE, done.stderr.decode())
        self.assertEqual(json.loads(done.stdout)["files"], 3)
        self.assertRegex(done.stderr.decode(), "rebuilt")

    def test_damage_is_mended_by_the_command_that_meets_it(self):
        for i in range(300):
            (self.root / f"part{i}.cpp").write_text("".join(f"int value_{i}_{j}(int x);\n" for j in range(400)))
        self.ok("index", self.root)
        search = ["search", "_399", "--limit", "1000", "--kind", "symbol"]
        self.assertEqual(len(self.ok_json(*search)), 300)
        for command in (search, ["index", self.root]):
            segment = max((self.home / "cache").rglob("*.segment"), key=lambda path: path.stat().st_size)
            damaged = bytearray(segment.read_bytes())
            damaged[len(damaged) // 2] ^= 0x10
            segment.write_bytes(damaged)
            done = self.run_curlew(*command, "--json")
            self.assertEqual(done.returncode, DONE, done.stderr.decode())
            again = self.run_curlew(*search, "--json")
            self.assertEqual(len(json.loads(again.stdout)), 300)
            self.assertIn("a part of the index was unreadable", (done.stderr + again.stderr).decode())
            if command[0] == "search":
                self.assertEqual(len(json.loads(done.stdout)), 300)

    def test_says_where_large_files_lost_their_symbols(self):
        (self.root / "data.yaml").write_text("".join(f"k{i}:\n  - a: 1\n    b: 2\n" for i in range(12000)))
        for _ in range(2):
            done = self.run_curlew("index", self.root, "--json")
            self.assertIn("data.yaml", " ".join(json.loads(done.stdout)["notes"]))
            self.assertIn("data.yaml", done.stderr.decode())

    def test_no_such_folder(self):
        self.assert_refused(self.run_curlew("index", self.home / "nowhere"), "nowhere")

    def test_a_full_disk_is_one_clear_error(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to mount a tiny file system")
        cache = self.home / "cache"
        cache.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", cache], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("cannot mount here: " + mounted.stderr.decode().strip())
        self.addCleanup(subprocess.run, ["umount", cache], capture_output=True)
        for i in range(60):
            (self.root / f"file{i}.cpp").write_text("".join(f"int value_{i}_{j}(int x);\n" for j in range(400)))
        done = self.run_curlew("index", self.root)
        self.assert_refused(done, "full")

    def test_an_unreadable_folder_is_counted_and_the_rest_indexed(self):
        if os.geteuid() == 0:
            self.skipTest("root reads everything")
        closed = self.root / "closed"
        closed.mkdir(mode=0)
        self.addCleanup(closed.chmod, 0o700)
        self.assertEqual(self.ok_json("index", self.root)["files"], 3)


class SearchAndSymbols(Workspace):
    def test_symbol_search_finds_the_definition(self):
        hits = self.ok_json("search", "clamp_to_range", "--kind", "symbol")
        self.assertIn(("math.cpp", 3), [(hit["path"], hit["start_line"]) for hit in hits])

    def test_text_search_and_an_empty_answer(self):
        self.assertTrue(self.ok_json("search", "Clamps value", "--kind", "text"))
        self.assertEqual(json.loads(self.ok("search", "zzqx_nothing", "--json", code=FOUND)), [])

    def test_a_regular_expression_finds_its_lines(self):
        hits = self.ok_json("search", "--regex", "clamp_\\w+_range\\(")
        self.assertEqual([(hit["path"], hit["start_line"]) for hit in hits],
                         [("math.cpp", 3), ("math.cpp", 10), ("math.h", 3)])
        self.assertIn(b"math.h:3: int clamp_to_range", self.ok("search", "--regex", "clamp_\\w+_range\\("))
        self.assertEqual(json.loads(self.ok("search", "--regex", "zzqx\\d+", "--json", code=FOUND)), [])
        self.assert_refused(self.run_curlew("search", "--regex", "clamp("), "missing closing parenthesis")

    def test_queries_that_look_like_search_syntax_do_no_harm(self):
        for query in ['"', "a AND", "(", "*", "NEAR(", "x'y", "-", ":", "col:x", "\\"]:
            with self.subTest(query):
                self.assertIn(self.run_curlew("search", "--", query).returncode, (DONE, FOUND))

    def test_symbols_of_a_file(self):
        rows = self.ok_json("symbols", self.root / "math.cpp")
        definitions = {row["name"]: row for row in rows if row["role"] == "definition"}
        self.assertEqual((definitions["clamp_to_range"]["start_line"], definitions["clamp_to_range"]["start_col"]),
                         (3, 1))
        self.assertEqual(definitions["add_sample"]["container"], "Accumulator")
        self.assertIn("clamp_to_range", {row["name"] for row in rows if row["role"] == "reference"})


class Tokens(Workspace):
    def test_round_trip_of_any_bytes(self):
        texts = [b"int main() {\n  return 0;\n}\n", b"", b"\t\t \xff\xfe bytes", "naïve \N{GRINNING FACE}".encode()]
        lines = "".join(json.dumps({"bytes_b64": base64.b64encode(t).decode()}) + "\n" for t in texts)
        ids = self.ok("tokenize", "--jsonl", stdin=lines)
        back = self.ok("detokenize", "--jsonl", stdin=ids).decode().splitlines()
        self.assertEqual([base64.b64decode(json.loads(line)["bytes_b64"]) for line in back], texts)

    def test_special_tokens_only_where_asked_for(self):
        plain = self.ok_json("tokenize", stdin="<fim_prefix>x")["ids"]
        special = self.ok_json("tokenize", "--parse-special", stdin="<fim_prefix>x")["ids"]
        self.assertGreater(len(plain), len(special))

    def test_bad_lines_are_named(self):
        self.assert_refused(self.run_curlew("tokenize", "--jsonl", stdin='{"text":"a"}\nnonsense\n'), "line 2")
        self.assert_refused(self.run_curlew("detokenize", "--jsonl", stdin='{"ids":"x"}\n'), "line 1")


class Engine(Workspace):
    def test_logits_are_written_whole(self):
        out = self.home / "logits.bin"
        got = self.ok_json("logits", "--tokens", "1,50,300", "--out", out)
        self.assertEqual(got["n_tokens"], 3)
        values = struct.unpack(f"<{3 * got['n_vocab']}f", out.read_bytes())
        self.assertGreater(max(values) - min(values), 1.0)

    def test_tokens_outside_the_vocabulary_are_refused(self):
        self.assert_refused(self.run_curlew("logits", "--tokens", "1,999999", "--out", self.home / "x"), "999999")

    def test_generate_is_deterministic_and_seeded(self):
        (self.root / "prompt.txt").write_text("def read_file(path):\n    with open(")
        def text(*extra):
            return self.ok_json("generate", "--prompt-file", "prompt.txt", "-n", 12, *extra)["ids"]
        self.assertEqual(text(), text())
        hot = ("--temperature", "1.2", "--seed", "7")
        self.assertEqual(text(*hot), text(*hot))
        self.assertNotEqual(text(*hot), text("--temperature", "1.2", "--seed", "8"))

    def test_generate_needs_a_prompt(self):
        self.assert_refused(self.run_curlew("generate"), "--prompt-file")

    def test_bench_reports_both_kinds(self):
        rows = self.ok_json("bench", "-p", "32", "-n", "8", "-d", "0,64", "-r", "2")
        self.assertEqual([row["test"] for row in rows], ["pp32", "tg8", "pp32@d64", "tg8@d64"])
        for row in rows:
            rate = row["tokens_per_second"]
            self.assertTrue(0 < rate["min"] <= rate["median"] <= rate["max"])


class Quantize(Workspace):
    """From the bundled model, which is Q8_0: every step away from it is a second rounding."""

    def test_a_smaller_file_that_still_runs_and_says_what_it_is(self):
        out = self.home / "q4.gguf"
        got = self.ok_json("quantize", BUNDLED, out, "Q4_K_M", "--allow-requantize")
        self.assertEqual(got["bytes_in"], BUNDLED.stat().st_size)
        self.assertEqual(got["bytes_out"], out.stat().st_size)
        self.assertLess(got["bytes_out"], 0.85 * got["bytes_in"])
        self.assertEqual(set(got["tensors_by_type"]), set(got["rmse_by_type"]))
        self.assertGreater(got["tensors_by_type"]["Q5_0"], 0)  # rows of 192: no super-blocks
        self.assertTrue(0 < got["relative_rmse_by_type"]["Q5_0"] < 0.05)
        tokens = self.ok_json("generate", "--model", out, "--tokens", "10,50,300", "-n", 4)["ids"]
        self.assertEqual(len(tokens), 4)

    def test_refusals_leave_everything_as_it_was(self):
        copy = self.home / "in.gguf"
        shutil.copy(BUNDLED, copy)
        other = self.home / "other.gguf"
        other.write_text("dear to somebody")
        refused = lambda *args: self.run_curlew("quantize", *args)
        self.assert_refused(refused(copy, self.home / "x.gguf", "Q4_0"), "is Q8_0 already", "--allow-requantize")
        self.assert_refused(refused(copy, copy, "F16", "--force"), "input too")
        self.assert_refused(refused(copy, other, "F16"), "other.gguf", "exists already", "--force")
        self.assert_refused(refused(copy, self.home / "x.gguf", "Q9"), "'Q9'", "Q4_K_M")
        self.assert_refused(refused(copy, "/no/such/folder/x.gguf", "F16"), "/no/such/folder/x.gguf")
        self.assertEqual(other.read_text(), "dear to somebody")
        self.assertEqual(copy.read_bytes(), BUNDLED.read_bytes())
        self.assertEqual(sorted(p.name for p in self.home.glob("*.gguf*")), ["in.gguf", "other.gguf"])
        self.ok("quantize", copy, other, "F16", "--force")
        self.assertEqual(other.read_bytes()[:4], b"GGUF")


class Perplexity(Workspace):
    def setUp(self):
        super().setUp()
        self.text = SOURCE / "model/copy/segments.h"

    def test_a_model_against_itself_is_no_distance_away(self):
        got = self.ok_json("perplexity", "--file", self.text, "--against", BUNDLED, "--context", 128)
        self.assertEqual(got["tokens"], got["scored_tokens"] + 1)  # all but the very first
        self.assertLess(abs(got["bytes"] - self.text.stat().st_size), 20)
        self.assertTrue(1 < got["perplexity"] < 200)
        self.assertTrue(0 < got["bits_per_byte"] < 3)
        self.assertEqual(got["against"]["perplexity"], got["perplexity"])
        self.assertLess(got["against"]["kl_max"], 1e-6)
        self.assertEqual(got["against"]["top1_agreement"], 1)

    def test_fewer_bits_are_further_away(self):
        distance = []
        for mix in ("Q6_K", "Q4_0", "Q2_K"):
            out = self.home / f"{mix}.gguf"
            self.ok("quantize", BUNDLED, out, mix, "--allow-requantize")
            got = self.ok_json("perplexity", "--model", out, "--file", self.text, "--against", BUNDLED)
            distance.append(got["against"]["kl_mean"])
        self.assertTrue(0 <= distance[0] < distance[1] < distance[2] < 1, distance)

    def test_refuses_what_cannot_be_compared(self):
        other = SOURCE / "tests/data/models/qwen2-t-Q4_0.gguf"
        self.assert_refused(self.run_curlew("perplexity", "--file", self.text, "--against", other), "vocabularies")
        self.assert_refused(self.run_curlew("perplexity", "--file", "/no/such/text"), "/no/such/text")
        (self.root / "empty").write_text("")
        self.assert_refused(self.run_curlew("perplexity", "--file", "empty"), "empty", "two tokens")


class HostileModels(Workspace):
    def model(self, data):
        path = self.home / "bad.gguf"
        path.write_bytes(data)
        return path

    def refused(self, data, *words):
        done = self.run_curlew("complete", "main.cpp:7:19", "--model", self.model(data))
        self.assert_refused(done, "bad.gguf", *words)

    def test_truncated_anywhere(self):
        whole = BUNDLED.read_bytes()
        for length in (0, 3, 4, 23, 24, 100, 5000, len(whole) // 2, len(whole) - 1):
            with self.subTest(length):
                self.refused(whole[:length])

    def test_not_a_model_at_all(self):
        self.refused(b"#!/bin/sh\necho hello\n" * 50)

    def test_absurd_counts(self):
        for tensors, keys in ((2**63, 1), (1, 2**63), (2**64 - 1, 2**64 - 1)):
            with self.subTest((tensors, keys)):
                self.refused(b"GGUF" + struct.pack("<IQQ", 3, tensors, keys) + b"\0" * 64)

    def test_unknown_architecture_is_named_with_those_that_are_known(self):
        data = BUNDLED.read_bytes()
        key = b"general.architecture" + struct.pack("<I", 8) + struct.pack("<Q", 5)
        self.assertIn(key + b"llama", data)
        self.refused(data.replace(key + b"llama", key + b"lamma"), "lamma", "llama", "qwen2")

    def test_a_model_without_fim_tokens_is_named(self):
        plain = SOURCE / "tests/data/models/llama-t-Q4_0.gguf"
        done = self.run_curlew("complete", "main.cpp:7:19", "--model", plain)
        self.assert_refused(done, "llama-t", "no fill-in-the-middle tokens")

    def test_a_folder_and_a_missing_file(self):
        done = self.run_curlew("complete", "main.cpp:7:19", "--model", self.root)
        self.assert_refused(done, "workspace")
        self.assert_refused(self.run_curlew("complete", "main.cpp:7:19", "--model", "/no/such.gguf"), "/no/such.gguf")


class Models(Workspace):
    def test_info_add_default_list(self):
        info = self.ok_json("models", "info", BUNDLED)
        self.assertEqual((info["architecture"], info["runs"]), ("llama", True))
        self.assertEqual((info["fim"]["family"], info["fim"]["order"]), ("bundled", "spm-side"))
        self.assertIn("<file_sep>", info["fim"]["stop_tokens"])
        self.assertIsNone(info["chat"]["family"])
        self.assertIsNone(info["next_edit"]["family"])
        self.assertIn("tokenizer.chat_template", info["chat"]["why"])
        self.assertEqual(info["parameters"], sum(t["parameters"] for t in info["weights_by_type"].values()))
        kv = info["memory_bytes"]["kv_per_1024_tokens"]  # 4 layers of 3 heads of 64, keys and values
        self.assertEqual((kv["F16"], kv["Q8_0"] < kv["F16"]), (1024 * 4 * 2 * 3 * 64 * 2, True))
        text = self.ok("models", "info", BUNDLED).decode()
        for part in ("3.34 million", "Q8_0 (29 tensors", "bundled: the vocabulary has <fim_prefix>", "runs          yes"):
            self.assertIn(part, text)
        self.ok("models", "add", BUNDLED, "mine")
        self.assertIn("mine", [row["name"] for row in self.ok_json("models", "list")])
        (self.home / "config/curlew").mkdir(parents=True)
        config = self.home / "config/curlew/config.toml"
        config.write_text("# kept\nthreads = 1\n")
        self.ok("models", "default", "mine")
        self.assertEqual(config.read_text(), '# kept\nthreads = 1\nmodel = "mine"\n')
        config.write_text('fim_format = "none"\nchat_format = "alpaca"\n')
        info = self.ok_json("models", "info", BUNDLED)
        self.assertEqual((info["fim"]["family"], info["chat"]["family"]), (None, "alpaca"))
        self.assertEqual(info["chat"]["why"], 'chat_format is "alpaca"')
        config.write_text("# kept\nthreads = 1\n")
        self.ok("models", "default", "bundled")
        self.assertEqual(config.read_text(), '# kept\nthreads = 1\nmodel = "bundled"\n')

    def test_unknown_name_lists_where_it_looked(self):
        self.assert_refused(self.run_curlew("models", "info", "no-such-model"), "no-such-model")

    def test_doctor_says_what_works(self):
        checks = {row["check"]: row["state"] for row in self.ok_json("doctor")}
        self.assertEqual((checks["cpu"], checks["model"], checks["cache"]), ("ok", "ok", "ok"))


class Configuration(Workspace):
    def test_unknown_keys_are_reported(self):
        (self.root / "curlew.toml").write_text('modell = "x"\n')
        done = self.run_curlew("complete", "main.cpp:7:19", "--json")
        self.assertEqual(done.returncode, DONE)
        self.assertRegex(done.stderr.decode(), r"curlew\.toml.*modell")

    def test_usage_errors_are_ours(self):
        for args in ([], ["nonsense"], ["complete"], ["bench", "-r", "x"], ["complete", "a:1:1", "--lines", "two"]):
            with self.subTest(args):
                done = self.run_curlew(*args)
                self.assertEqual(done.returncode, USAGE)
                self.assertRegex(done.stderr.decode(), r"^curlew: error: ")


class Evaluate(Workspace):
    def test_cases_with_known_answers(self):
        case = {"prefix": "int f() {\n  step_one();\n  step_two();\n}\nint g() {\n  step_one();\n  ",
                "suffix": "\n}\n", "middle": "step_two();"}
        (self.root / "cases.jsonl").write_text(json.dumps(case) + "\n")
        got = self.ok_json("evaluate", "--file", "cases.jsonl", "--model", "none")
        self.assertEqual((got["n"], got["exact_match"]), (1, 1.0))

    def test_a_case_may_bring_its_context(self):
        case = {"path": "a.cpp", "prefix": "int g() {\n  open_the_gate();\n  ", "suffix": "\n}\n", "middle": "close_the_gate();"}
        context = [{"path": "gate.cpp", "text": "void f() {\n  open_the_gate();\n  close_the_gate();\n}\n", "score": 0.9}]
        (self.root / "cases.jsonl").write_text(json.dumps(case) + "\n" + json.dumps({**case, "context": context}) + "\n")
        got = self.ok_json("evaluate", "--file", "cases.jsonl", "--model", "none")
        self.assertEqual((got["n"], got["exact_match"]), (2, 0.5), "the answer stands in the context only")

    def test_spare_context_is_only_copied_from(self):
        case = {"path": "a.cpp", "prefix": "int g() {\n  open_the_gate();\n  ", "suffix": "\n}\n", "middle": "close_the_gate();",
                "context": [{"path": "gate.cpp", "text": "void f() {\n  open_the_gate();\n  close_the_gate();\n}\n", "spare": True}]}
        (self.root / "cases.jsonl").write_text(json.dumps(case) + "\n")
        self.assertEqual(self.ok_json("evaluate", "--file", "cases.jsonl", "--model", "none")["exact_match"], 1.0)

    def test_a_bad_context_is_named_by_its_line(self):
        for context in ("[]", {"path": "a"}, [1], [{"path": "a"}], [{"path": "a", "text": 1}], [{"path": "a", "text": "b", "score": "c"}],
                        [{"path": "a", "text": "b", "spare": 1}]):
            case = {"prefix": "a", "suffix": "b", "middle": "c", "context": context}
            (self.root / "cases.jsonl").write_text(json.dumps(case) + "\n")
            self.assert_refused(self.run_curlew("evaluate", "--file", "cases.jsonl"), "line 1")

    def test_a_bad_case_is_named_by_its_line(self):
        (self.root / "cases.jsonl").write_text('{"prefix":"a","suffix":"b"}\n')
        self.assert_refused(self.run_curlew("evaluate", "--file", "cases.jsonl"), "line 1")


class Trust(Workspace):
    def test_is_given_listed_and_taken_back(self):
        listed = lambda: json.loads(self.run_curlew("trust", "--list", "--json").stdout)
        self.assertEqual(listed(), [])
        given = json.loads(self.run_curlew("trust", "--json", str(self.root)).stdout)
        self.assertTrue(given["trusted"])
        self.assertEqual(listed(), [str(self.root.resolve())])
        taken = json.loads(self.run_curlew("trust", "--remove", "--json", str(self.root)).stdout)
        self.assertFalse(taken["trusted"])
        self.assertEqual(listed(), [])
        self.assert_refused(self.run_curlew("trust", "no such folder"), "no such folder")


class Edit(Workspace):
    """`curlew edit`, with what needs no model."""

    def setUp(self):
        super().setUp()
        self.file = self.root / "notes.py"

    def edit(self, place, instruction, *arguments, code=DONE):
        return self.ok_json("edit", place, instruction, "--model", "none", *arguments, code=code)

    def bytes_after(self, before, code=DONE):
        """Of a file with these bytes, after `count` was renamed on its second line."""
        self.file.write_bytes(before)
        self.edit("notes.py:2", "rename count to total", "--apply", code=code)
        return self.file.read_bytes()

    def test_a_diff_and_nothing_written(self):
        before = b"count = 1\nprint(count)\nprint(count)\n"
        self.file.write_bytes(before)
        got = self.edit("notes.py:2", "rename count to total")
        self.assertIn("-print(count)\n+print(total)\n print(count)\n", got["diff"])
        self.assertEqual((got["applied"], got["verified"]), (False, {"parse": True, "check": None}))
        self.assertEqual(self.file.read_bytes(), before)

    def test_no_byte_outside_the_lines_changes(self):
        for name, around in {
                "plain": (b"count = 1\n", b"print(count)\n"), "CRLF": (b"count = 1\r\n", b"print(count)\r\n"),
                "tabs": (b"\tcount =\t1 \t\n", b"\t\n\tprint(count)\t\n"), "mixed ends": (b"count = 1\r\n", b"\r\n\n"),
                "no end": (b"count = 1\n", b"print(count)"), "BOM": (b"\xef\xbb\xbfcount = 1\n", b""),
                "Latin-1": (b"s = '\xe9\xff' # count\n", b"# \xfc count\n"), "NUL": (b"x = '\0'\n", b"count\0\n")}.items():
            head, tail = around
            for line in (b"print(count)\n", b"  print(count)\r\n", b"print(count, '\xe9')\n"):
                with self.subTest(name, line=line):
                    self.assertEqual(self.bytes_after(head + line + tail),
                                     head + line.replace(b"count", b"total") + tail)

    def test_the_last_line_without_an_end(self):
        self.assertEqual(self.bytes_after(b"count = 1\nprint(count)"), b"count = 1\nprint(total)")

    def test_what_follows_in_other_files(self):
        got = self.edit("math.cpp", "rename clamp_to_range to limited", "--follow", "--apply")
        self.assertTrue(got["applied"], got)
        self.assertEqual(got["follows"]["why"], ["`clamp_to_range` is now `limited`"])
        for name in ("math.h", "math.cpp"):
            self.assertIn("limited", (self.root / name).read_text())
            self.assertNotIn("clamp_to_range", (self.root / name).read_text())

    def test_every_file_of_an_edit_is_checked(self):
        (self.root / "a.h").write_text("int area(int n);\n")
        (self.root / "a.cpp").write_text('#include "a.h"\nint area(int n) { return n; }\n')
        (self.root / "main.cpp").write_text('#include "a.h"\nint surface = 2;\nint main() { return area(1) + surface; }\n')
        self.run_curlew("trust", str(self.root))
        got = self.edit("a.cpp:2", "rename area to surface", "--follow", "--apply", code=None)
        if got["verified"]["check"] is None:
            self.skipTest(f"nothing is run on this machine: {got['check']}")
        self.assertEqual((got["verified"]["check"], got["applied"]), (False, False), got)
        self.assertIn("int area(int n)", (self.root / "a.cpp").read_text())

    def test_without_follow_other_files_stay(self):
        self.edit("math.cpp", "rename clamp_to_range to limited", "--apply")
        self.assertEqual((self.root / "math.h").read_text(), MATH_H)

    def test_what_cannot_be_done_is_refused_whole(self):
        self.assert_refused(self.run_curlew("edit", "none.py", "rename a to b"), "none.py")
        self.assert_refused(self.run_curlew("edit", "math.cpp:90", "rename a to b"), "math.cpp", "90")
        for lines in ("0", "0-3", "3-2"):
            self.assert_refused(self.run_curlew("edit", f"math.cpp:{lines}", "rename value to b"), "expected 1 to 11")
        self.assert_refused(self.run_curlew("edit", "math.cpp", "rename nothing to b"), "math.cpp", "`nothing`")
        self.assert_refused(self.run_curlew("edit", "math.cpp", "make it faster", "--model", "none"), "no model")
        self.assert_refused(self.run_curlew("edit", "math.cpp", "make it faster"), "does not follow instructions")
        self.assertEqual((self.root / "math.cpp").read_text(), MATH_CPP)

    def test_a_rename_says_what_it_found_and_refuses_what_breaks(self):
        self.file.write_text("n = 1\nm = n\nprint(f'{n}')\n")
        self.assert_refused(self.run_curlew("edit", "notes.py", "rename n to for", "--model", "none"), "`for`", "python")
        self.assert_refused(self.run_curlew("edit", "notes.py", "rename n to 2x", "--model", "none"), "`2x`")
        self.assert_refused(self.run_curlew("edit", "notes.py", "rename n to m", "--model", "none"), "line 2")
        self.assertIn("+print(f'{k}')", self.edit("notes.py", "rename n to k")["diff"])
        self.file.write_text("n = = 1\nprint(n)\n")
        self.assertIs(self.edit("notes.py:2", "rename n to k")["verified"]["parse"], False)
        (self.root / "notes.txt").write_text("n\n")
        self.assertIsNone(self.edit("notes.txt", "rename n to k")["verified"]["parse"])

    @unittest.skipIf(os.geteuid() == 0, "root may write every file")
    def test_a_read_only_file_is_left_alone(self):
        (self.root / "math.cpp").chmod(0o444)
        self.assert_refused(self.run_curlew("edit", "math.cpp", "rename clamp_to_range to limited", "--apply"), "may not be written")
        self.assertEqual((self.root / "math.cpp").read_text(), MATH_CPP)


class Repair(Workspace):
    """`curlew repair -- COMMAND`, with deterministic repairs alone and in a real sandbox."""

    BROKEN = MATH_CPP.replace("return high;", "return hihg;")
    COMMAND = ("--", "g++", "-fsyntax-only", "math.cpp")

    def setUp(self):
        super().setUp()
        checks = json.loads(self.run_curlew("doctor", "--model", "none", "--json").stdout)
        sandbox = next(check for check in checks if check["check"] == "sandbox")
        if sandbox["state"] != "ok":
            self.skipTest(f"no sandbox on this machine: {sandbox['detail']}")
        (self.root / "math.cpp").write_text(self.BROKEN)

    def repair(self, *arguments):
        done = self.run_curlew("repair", "--model", "none", "--json", *arguments)
        return done.returncode, json.loads(done.stdout)

    def test_a_compiler_error(self):
        code, got = self.repair(*self.COMMAND)
        self.assertEqual((code, got["passed"], got["applied"]), (DONE, True, False), got)
        self.assertIn("+  if (value > high) return high;", got["diff"])
        self.assertNotEqual(got["rounds"][0]["command_exit"], 0)
        self.assertEqual(got["rounds"][0]["diagnostics"][0]["path"], "math.cpp")
        self.assertEqual(got["rounds"][0]["diagnostics"][0]["start_line"], 5)
        self.assertTrue(got["rounds"][-1]["verified"])
        self.assertEqual((self.root / "math.cpp").read_text(), self.BROKEN, "written without --apply")

    def test_files_takes_one_glob_each_time(self):
        for files in (("--files", "*.cpp"), ("--files=*.cpp",), ("--files", "none", "--files", "*.cpp")):
            with self.subTest(files):
                code, got = self.repair(*files, *self.COMMAND)
                self.assertEqual((code, got["passed"]), (DONE, True), got)
        code, got = self.repair("--files", "*.py", *self.COMMAND)
        self.assertEqual((code, got["passed"], got["diff"]), (FOUND, False, ""), got)

    def test_the_first_run_is_bounded_by_the_time(self):
        began = time.monotonic()
        code, got = self.repair("--time", "2", "--", "sh", "-c", "sleep 60; exit 1")
        self.assertLess(time.monotonic() - began, 40)
        self.assertEqual((code, got["end"]), (FOUND, "out of time"), got)
        self.assertIn("takes longer than it may", got["reason"])

    def shadow_copies(self):
        return [path for path in (self.home / "cache/curlew/shadow").glob("*") if path.is_dir()]

    def interrupted(self, number, *arguments):
        """Exit code and both outputs of a command that got a signal while it ran another; how long that took."""
        started = self.home / "cache/curlew/shadow"
        with subprocess.Popen([BINARY, *arguments], cwd=self.root, env=self.env, start_new_session=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            deadline = time.monotonic() + 60
            while not list(started.glob("*/*/began")) and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertTrue(list(started.glob("*/*/began")), "the command did not begin")
            sent = time.monotonic()
            os.killpg(process.pid, number)  # as a terminal does
            out, error = process.communicate(timeout=60)
            return process.returncode, out, error, time.monotonic() - sent

    def test_a_signal_stops_it_and_leaves_nothing(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(number):
                got, out, error, seconds = self.interrupted(
                    number, "repair", "--json", "--model", "none", "--", "sh", "-c", "touch /tmp/began; sleep 50; exit 1")
                self.assertEqual(got, code, error)
                self.assertEqual(json.loads(out)["end"], "stopped")
                self.assertLess(seconds, 30)
                self.assertEqual(self.shadow_copies(), [])

    def test_a_signal_stops_an_edit(self):
        (self.root / "curlew.toml").write_text('[check]\n"*.cpp" = "sh -c \'touch /tmp/began; sleep 50\'"\n')
        self.run_curlew("trust", str(self.root))
        code, out, error, _ = self.interrupted(
            signal.SIGINT, "edit", "--model", "none", "--apply", "math.cpp", "rename value to number")
        self.assertEqual((code, out), (130, b""), error)
        self.assertIn(b"stopped by a signal", error)
        self.assertEqual((self.root / "math.cpp").read_text(), self.BROKEN)

    def test_a_repair_that_cannot_be_written_is_shown(self):
        os.link(self.root / "math.cpp", self.root / "another_name")
        done = self.run_curlew("repair", "--model", "none", "--apply", *self.COMMAND)
        self.assertEqual(done.returncode, FOUND, done.stderr)
        self.assertIn(b"return high;", done.stdout)
        self.assertIn(b"not applied", done.stdout)
        self.assertIn(b"hard links", done.stderr)
        code, got = self.repair("--apply", *self.COMMAND)
        self.assertEqual((code, got["passed"], got["applied"]), (FOUND, True, False), got)
        self.assertIn("hard links", got["not_applied"])
        self.assertEqual((self.root / "math.cpp").read_text(), self.BROKEN)

    def test_a_command_that_rewrites_the_file_is_no_change_of_the_users(self):
        (self.root / "math.cpp").write_text("// blank \n" + self.BROKEN)
        code, got = self.repair("--apply", "--", "sh", "-c",
                                "sed -i 's/ *$//' math.cpp && g++ -fsyntax-only math.cpp")
        self.assertEqual((code, got["applied"]), (DONE, True), got)
        self.assertEqual((self.root / "math.cpp").read_text(), "// blank \n" + MATH_CPP)

    def test_output_gives_a_terminal_no_orders(self):
        done = self.run_curlew("repair", "--model", "none", "--", "sh", "-c", r"printf '\033]0;x\007 oops\000\302\233m\n'; exit 1")
        self.assertEqual(done.returncode, FOUND, done.stderr)
        self.assertIn(b"\\x1b]0;x\\x07 oops", done.stdout)
        for raw in (b"\x1b", b"\x07", b"\0", b"\xc2\x9b"):
            self.assertNotIn(raw, done.stdout)

    def test_without_a_sandbox_where_the_user_says_so(self):
        command = ("--", "sh", "-c", f"touch {self.home}/made; test -f math.cpp")
        self.repair(*command)
        self.assertFalse((self.home / "made").exists())  # the sandbox has a home of its own
        done = self.run_curlew("repair", "--model", "none", "--without-sandbox", *command)
        self.assertEqual(done.returncode, DONE, done.stderr)
        self.assertEqual(done.stderr.count(b"without a sandbox"), 1)
        self.assertTrue((self.home / "made").exists())
        code, got = self.repair("--without-sandbox", "--apply", *self.COMMAND)
        self.assertEqual((code, got["applied"]), (DONE, True), got)

    def test_apply_writes_the_repair(self):
        code, got = self.repair("--apply", *self.COMMAND)
        self.assertEqual((code, got["applied"]), (DONE, True), got)
        self.assertEqual((self.root / "math.cpp").read_text(), MATH_CPP)

    def test_a_failing_test(self):
        (self.root / "spans.py").write_text(
            "def overlaps(a, b):\n    return a[0] < b[1] and b[0] <= a[1]\n")
        (self.root / "test_spans.py").write_text(
            "import unittest\nfrom spans import overlaps\n\n\nclass Spans(unittest.TestCase):\n"
            "    def test_overlaps(self):\n        self.assertTrue(overlaps((1, 3), (2, 5)))\n"
            "        self.assertFalse(overlaps((1, 3), (3, 5)))\n        self.assertFalse(overlaps((3, 5), (1, 3)))\n")
        code, got = self.repair("--", "/usr/bin/python3", "-m", "unittest", "test_spans")
        self.assertEqual((code, got["passed"]), (DONE, True), got)
        self.assertIn("+    return a[0] < b[1] and b[0] < a[1]", got["diff"])

    def test_what_it_cannot_repair(self):
        (self.root / "math.cpp").write_text("#include \"nowhere_to_be_found.h\"\n")
        code, got = self.repair("--time", "20", "--apply", *self.COMMAND)
        self.assertEqual((code, got["passed"], got["applied"]), (FOUND, False, False), got)
        self.assertEqual((self.root / "math.cpp").read_text(), "#include \"nowhere_to_be_found.h\"\n")

    def test_a_command_that_passes(self):
        code, got = self.repair("--", "true")
        self.assertEqual((code, got["passed"], got["diff"]), (DONE, True, ""))

    def test_a_command_that_is_none(self):
        self.assert_refused(self.run_curlew("repair", "--", "no-such-program"), "no-such-program")
        self.assertEqual(self.run_curlew("repair").returncode, USAGE)
        (self.root / "script").write_text("#!/bin/sh\n")
        self.assert_refused(self.run_curlew("repair", "--", "./script"), "./script", "may not be executed")

    def test_the_command_harms_nothing(self):
        (self.home / "secret").write_text("secret")
        got = self.repair("--time", "5", "--", "sh", "-c",
                          f"cat {self.home}/secret; rm -rf * {self.home}; touch {self.home}/planted; exit 1")[1]
        self.assertFalse(got["passed"])
        self.assertEqual((self.home / "secret").read_text(), "secret")
        self.assertFalse((self.home / "planted").exists())
        self.assertEqual((self.root / "math.cpp").read_text(), self.BROKEN)


if __name__ == "__main__":
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"{BINARY}: not built; run make build, or set CURLEW_BINARY")
    unittest.main()
