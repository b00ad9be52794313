"""Flash images: flash-image against espsecure, esptool and ESP-IDF's partition table generator.

usage: flash.py FOLDER FLASH_IMAGE SEED [--pieces N] [--tables N] [--changed N] [--merged N]
    [--plans N] [--images N]

Each part prints one line with the agreeing cases; exits with 1 if a case does not agree.
"""

import argparse
import os
import random
import sys
from pathlib import Path

import flash_images
import flash_merged
import flash_pieces
import flash_plans
import flash_tables
from flash_tools import FlashImage, Tally

# Number of cases of the full form.
PARTS = {"pieces": 300, "tables": 100, "changed": 500, "merged": 40, "plans": 40, "images": 40}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("flash_image", type=Path)
    parser.add_argument("seed", type=int)
    for part, count in PARTS.items():
        parser.add_argument(f"--{part}", type=int, default=count)
    return parser.parse_args()


def main():
    given = arguments()
    # flash-image refuses key files that others can read.
    os.umask(0o077)
    ours, folder = FlashImage(given.flash_image.resolve()), given.folder.resolve()
    works = {
        "pieces": flash_pieces.pieces,
        "tables": flash_tables.tables,
        "changed": flash_tables.changed,
        "merged": flash_merged.merged,
        "plans": flash_plans.plans,
        "images": flash_images.images,
    }
    wrong = 0
    for part, work in works.items():
        tally, rng = Tally(f"flash {part}"), random.Random(f"{given.seed} {part}")
        work(rng, getattr(given, part), folder / part, ours, tally)
        if part == "pieces":
            flash_pieces.refusals(rng, folder / "refusals", ours, tally)
        print(tally.line(), flush=True)
        wrong += tally.mismatches
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
