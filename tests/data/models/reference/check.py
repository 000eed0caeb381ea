"""Holds networks.py against logits that another program computed.

  python3 check.py DIRECTORY    with DIRECTORY/models/*-F32.gguf and DIRECTORY/refs/*.json, *.npy
"""

import json
import pathlib
import sys

import numpy as np

import networks

TOLERANCE = 1e-4


def main():
    root = pathlib.Path(sys.argv[1])
    for path in sorted(root.glob("models/*-F32.gguf")):
        f = networks.File(path)
        scaled = any(f.key(k) for k in ("rope.scaling.type", "rope.scaling.factor")) and f.architecture == "llama"
        if f.architecture not in networks.NETWORKS or scaled or "rope_freqs.weight" in f.tensors:
            continue
        facts = json.loads((root / "refs" / (path.stem + ".json")).read_text())
        want = np.load(root / facts["logits_exact"])
        worst = 0.0
        for prompt in facts["prompts"]:
            got = networks.logits(f, prompt["ids"])[prompt["exact_positions"]]
            first = prompt["exact_rows"][0]
            worst = max(worst, np.abs(got - want[first : first + len(got)]).max())
        print(f"{path.stem:24} {worst:.1e} {'ok' if worst < TOLERANCE else 'WRONG'}")


if __name__ == "__main__":
    main()
