"""What is typed in a shell: ``python -m linear_signal assess data.h5ad --label tissue --group donor``."""

import sys


def main(arguments: list[str]) -> int:
    """Run a command; there is one, and others may join it."""
    if arguments[:1] != ["assess"]:
        print("Use: python -m linear_signal assess DATA --label COLUMN [--group COLUMN]; -h tells more.", file=sys.stderr)
        return 2
    from linear_signal.studies.own_data.command import main as assess

    return assess(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
