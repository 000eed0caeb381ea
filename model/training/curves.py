"""The loss curve of a run's log, as a picture."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import log


def draw(log_path: Path, picture: Path) -> None:
    """Nothing where matplotlib is missing: a picture is no reason to end a run."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        return
    records = log.read(log_path)
    steps = [record for record in records if record["event"] == "step"]
    checks = [record for record in records if record["event"] == "validation"]
    if not steps:
        return
    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    axes.plot([s["tokens"] / 1e6 for s in steps], [s["loss"] for s in steps], color="#88a", linewidth=0.8, label="training loss")
    axes.set_xlabel("million tokens")
    axes.set_ylabel("nats a token")
    axes.set_ylim(top=min(7.0, max(s["loss"] for s in steps)))
    right = axes.twinx()
    right.plot([c["tokens"] / 1e6 for c in checks], [c["bits_per_byte"] for c in checks], "o-", color="#b42", markersize=3,
               label="held-out bits a byte")  # fmt: skip
    right.set_ylabel("held-out bits a byte")
    figure.legend(loc="upper right", bbox_to_anchor=(0.88, 0.88))
    figure.tight_layout()
    figure.savefig(picture, dpi=110)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path)
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    draw(options.log, options.picture)


if __name__ == "__main__":
    main()
