"""The command esp-nvs-image, also as python -m esp_nvs_image."""

# No other imports: argparse alone takes longer than the command itself.
import sys

from ._native import run_command


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    sys.exit(run_command(sys.argv))


if __name__ == "__main__":
    main()
